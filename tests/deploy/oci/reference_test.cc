#include "deploy/oci/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/deploy/oci/pull_fixture.h"

namespace skiff {
namespace {

using ::testing::HasSubstr;

const std::string kDigest = "sha256:" + std::string(64, 'a');

TEST(Reference, IsReadAsPeopleWriteIt) {
  struct Case {
    std::string text;
    OciReference reference;
  };
  const Case cases[] = {
      {"ghcr.io/acme/app:v1", {"ghcr.io", "acme/app", "v1", ""}},
      {"ghcr.io/acme/app", {"ghcr.io", "acme/app", "latest", ""}},
      {"ghcr.io/acme/app@" + kDigest, {"ghcr.io", "acme/app", "", kDigest}},
      {"ghcr.io/acme/app:v1@" + kDigest, {"ghcr.io", "acme/app", "v1", kDigest}},
      {"127.0.0.1:5000/t/app:v1", {"127.0.0.1:5000", "t/app", "v1", ""}},
      {"[::1]:5000/app:v1", {"[::1]:5000", "app", "v1", ""}},
      {"localhost/app", {"localhost", "app", "latest", ""}},
      {"GHCR.IO/app", {"ghcr.io", "app", "latest", ""}},
      {"nginx", {"docker.io", "library/nginx", "latest", ""}},
      {"nginx:1.2", {"docker.io", "library/nginx", "1.2", ""}},
      {"acme/app", {"docker.io", "acme/app", "latest", ""}},
      {"index.docker.io/nginx", {"docker.io", "library/nginx", "latest", ""}},
      {"r.io/a__b/c--d/e.f_g:V_1.0-x", {"r.io", "a__b/c--d/e.f_g", "V_1.0-x", ""}},
  };
  for (const Case& each : cases) {
    const auto parsed = OciReference::parse(each.text);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
    EXPECT_EQ(*parsed, each.reference) << each.text;
    EXPECT_EQ(*OciReference::parse(parsed->text()), each.reference) << parsed->text();
  }
}

TEST(Reference, WhatIsNoneIsRefused) {
  for (const std::string& text : {std::string(),
                                  std::string(" "),
                                  std::string("https://ghcr.io/a:v1"),
                                  std::string("ghcr.io/"),
                                  std::string("ghcr.io/A:v1"),
                                  std::string("ghcr.io/a/"),
                                  std::string("ghcr.io//a"),
                                  std::string("ghcr.io/../a"),
                                  std::string("ghcr.io/a..b"),
                                  std::string("ghcr.io/a___b"),
                                  std::string("ghcr.io/-a"),
                                  std::string("ghcr.io/a-"),
                                  std::string("ghcr.io/a:"),
                                  std::string("ghcr.io/a:.v"),
                                  std::string("ghcr.io/a:v/1"),
                                  std::string("ghcr.io/a:v 1"),
                                  std::string("ghcr.io/a@"),
                                  std::string("ghcr.io/a@sha256:12"),
                                  "ghcr.io/a@md5:" + std::string(32, 'a'),
                                  "ghcr.io/a@sha256:" + std::string(64, 'A'),
                                  "ghcr.io/a@" + kDigest + "@" + kDigest,
                                  "ghcr.io/a@" + kDigest + ":v1",
                                  std::string("ghcr.io:0/a"),
                                  std::string("[::1/a"),
                                  std::string("gh cr.io/a"),
                                  std::string("ghcr.io/a\0b", 11),
                                  std::string("ghcr.io/a?b"),
                                  std::string("ghcr.io/a%2f"),
                                  "ghcr.io/a:" + std::string(129, 'v'),
                                  "ghcr.io/" + std::string(256, 'a'),
                                  "ghcr.io/a:v@" + std::string(2'000, 'a')}) {
    const auto parsed = OciReference::parse(text);
    ASSERT_TRUE(parsed.has_error()) << text;
    EXPECT_EQ(parsed.error().kind, OciError::Kind::badReference);
    EXPECT_THAT(parsed.error().message, HasSubstr("REGISTRY/REPOSITORY:TAG"));
  }
  EXPECT_TRUE(OciReference::parse("ghcr.io/a:" + std::string(128, 'v')).has_value());
  EXPECT_TRUE(OciReference::parse("ghcr.io/" + std::string(255, 'a')).has_value());
}

}  // namespace
}  // namespace skiff
