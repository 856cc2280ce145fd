#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/e2e/daemon.h"

namespace skiff::e2e {
namespace {

using ::testing::HasSubstr;

class CheckingAConfiguration : public ::testing::Test {
 protected:
  CheckResult checkText(const std::string& text) {
    std::ofstream(file_) << text;
    CheckResult result = check(file_);
    EXPECT_TRUE(result.ending) << "skiffd --check hangs";
    return result;
  }
  std::string at(int line) const { return file_.string() + ":" + std::to_string(line) + ":"; }

  TemporaryFolder folder_;
  const std::filesystem::path file_ = folder_ / "skiff.toml";
};

TEST_F(CheckingAConfiguration, SaysThatItIsGood) {
  ConfigText config;
  config.apps = {{"hello", "hello", {}, {}}, {"cgi", "cgi", {}, {}, "globex"}};
  const CheckResult result = checkText(config.text());
  EXPECT_EQ(result.ending, (Ending{0, 0})) << result.error;
  EXPECT_THAT(result.output, HasSubstr("good: 2 apps on 2 routes"));
  EXPECT_EQ(result.error, "");
}

TEST_F(CheckingAConfiguration, ReportsEverythingThatIsWrongWithItsPlace) {
  const CheckResult result = checkText(
      "[server]\n"                  // 1
      "shard = 2\n"                 // 2: unknown
      "listen = \"127.0.0.1:0\"\n"  // 3: wrong type
      "max_uri = \"1MB\"\n"         // 4: no such unit
      "[limits]\n"                  // 5
      "cpu_ms = 0\n"                // 6: impossible
      "[[tenant]]\n"                // 7
      "name = \"Acme\"\n"           // 8: capital
      "[[tenant.app]]\n"            // 9: no routes
      "name = \"a\"\n"              // 10
      "module = \"" +
      guestFile("hello") + "\"\n");
  EXPECT_EQ(result.ending, (Ending{1, 0}));
  for (const int line : {2, 3, 4, 6, 8, 9}) EXPECT_THAT(result.error, HasSubstr(at(line)));
  EXPECT_THAT(result.error, HasSubstr("did you mean \"shards\"?"));
}

TEST_F(CheckingAConfiguration, ReportsATextThatIsNoToml) {
  const CheckResult result = checkText("[server]\nshards = = 2\n");
  EXPECT_EQ(result.ending, (Ending{1, 0}));
  EXPECT_THAT(result.error, HasSubstr(at(2)));
}

TEST_F(CheckingAConfiguration, ReportsAFileThatIsNotThere) {
  const CheckResult result = check(folder_ / "missing.toml");
  EXPECT_EQ(result.ending, (Ending{1, 0}));
  EXPECT_THAT(result.error, HasSubstr("missing.toml"));
}

TEST_F(CheckingAConfiguration, ReportsAModuleThatIsNotThere) {
  ConfigText config;
  config.apps = {{"gone", "/nowhere/gone.wasm", {}, {}}, {"hello", "hello", {}, {}}};
  const CheckResult result = checkText(config.text());
  EXPECT_EQ(result.ending, (Ending{1, 0}));
  EXPECT_THAT(result.error, HasSubstr("/nowhere/gone.wasm"));
}

TEST_F(CheckingAConfiguration, NamesBothRoutesThatConflict) {
  ConfigText config;
  config.apps = {{"one", "hello", {}, {}}, {"two", "hello", {}, {}}};
  std::string text = config.text();
  text.replace(text.find("two.test/*"), 10, "one.test/*");
  const CheckResult result = checkText(text);
  EXPECT_EQ(result.ending, (Ending{1, 0}));
  EXPECT_THAT(result.error, HasSubstr("acme/one"));
  EXPECT_THAT(result.error, HasSubstr("acme/two"));
}

TEST(ADaemonWithABadConfiguration, DoesNotStart) {
  TemporaryFolder folder;
  std::ofstream(folder / "skiff.toml") << "[server]\nshards = -1\n";
  Process process(SKIFFD, {"--config", folder / "skiff.toml"});
  EXPECT_EQ(process.wait(), (Ending{1, 0}));
  EXPECT_THAT(process.text(Process::Stream::error), HasSubstr("skiff.toml:2:"));
}

TEST(ADaemonWhosePortIsTaken, SaysSoAndDoesNotStart) {
  ConfigText config;
  config.apps = {{"hello", "hello", {}, {}}};
  Daemon first(config);
  TemporaryFolder folder;
  std::string text = config.text();
  text.replace(text.find("127.0.0.1:0"), 11, "127.0.0.1:" + std::to_string(first.adminPort()));
  std::ofstream(folder / "skiff.toml") << text;
  Process second(SKIFFD, {"--config", folder / "skiff.toml"});
  EXPECT_EQ(second.wait(), (Ending{1, 0}));
  EXPECT_THAT(second.text(Process::Stream::error), HasSubstr(std::to_string(first.adminPort())));
}

}  // namespace
}  // namespace skiff::e2e
