#include "config/repository_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skiff {
namespace {

using ::testing::HasSubstr;

bool covers(std::string_view text, std::string_view registry, std::string_view repository) {
  const auto pattern = parseRepositoryPattern(text);
  EXPECT_TRUE(pattern.has_value()) << text << ": " << pattern.error().message;
  return pattern && coversRepository(*pattern, registry, repository);
}

TEST(RepositoryPattern, MeansOneRepositoryOrAllBelowAPathOrAllOfARegistry) {
  EXPECT_TRUE(covers("r.corp/acme/web", "r.corp", "acme/web"));
  EXPECT_TRUE(covers("R.corp:05000/acme/*", "r.corp:5000", "acme/web"));
  EXPECT_TRUE(covers("r.corp/acme/*", "r.corp", "acme/team/web"));
  EXPECT_TRUE(covers("r.corp/*", "r.corp", "web"));
  EXPECT_TRUE(covers("index.docker.io/acme/*", "docker.io", "acme/web"));
}

TEST(RepositoryPattern, MeansNothingBeside) {
  EXPECT_FALSE(covers("r.corp/acme/web", "r.corp", "acme/web2"));
  EXPECT_FALSE(covers("r.corp/acme/web", "r.corp", "acme/web/x"));
  EXPECT_FALSE(covers("r.corp/acme/*", "r.corp", "acme2/web"));
  EXPECT_FALSE(covers("r.corp/acme/*", "r.corp", "acme"));
  EXPECT_FALSE(covers("r.corp/*", "r.corp.evil", "web"));
  EXPECT_FALSE(covers("r.corp.evil/*", "r.corp", "web"));
  EXPECT_FALSE(covers("r.corp/*", "r.corp:5000", "web"));
  EXPECT_FALSE(covers("r.corp:5000/*", "r.corp", "web"));
}

TEST(RepositoryPattern, RefusesWhatCouldMeanMoreThanItSays) {
  for (const auto& [text, why] : {
           std::pair{"r.corp", "has no \"/\""},
           std::pair{"*/acme", "begins with no registry"},
           std::pair{"*", "has no \"/\""},
           std::pair{"r.corp/", "does not go on"},
           std::pair{"r.corp/ac*", "does not go on"},
           std::pair{"r.corp/*/web", "does not go on"},
           std::pair{"r.corp/acme//web", "does not go on"},
           std::pair{"r.corp/acme:v1", "does not go on"},
       }) {
    const auto pattern = parseRepositoryPattern(text);
    ASSERT_TRUE(pattern.has_error()) << text;
    EXPECT_THAT(pattern.error().message, HasSubstr(why));
  }
  EXPECT_TRUE(parseRepositoryPattern("r.corp/" + std::string(600, 'a')).has_error());
}

}  // namespace
}  // namespace skiff
