#include "config/registry_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skiff {
namespace {

using ::testing::HasSubstr;

TEST(RegistryName, OneRegistryHasOneText) {
  for (const auto& [text, name] : {
           std::pair{"ghcr.io", "ghcr.io"},
           std::pair{"GHCR.io", "ghcr.io"},
           std::pair{"localhost", "localhost"},
           std::pair{"127.0.0.1:5000", "127.0.0.1:5000"},
           std::pair{"a-b.example:0443", "a-b.example:443"},
           std::pair{"[::1]:5000", "[::1]:5000"},
           std::pair{"[0:0:0::0001]", "[::1]"},
           std::pair{"index.docker.io", "docker.io"},
           std::pair{"docker.io", "docker.io"},
       }) {
    const auto parsed = parseRegistryName(text);
    ASSERT_TRUE(parsed.has_value()) << text << ": " << parsed.error().message;
    EXPECT_EQ(*parsed, name);
    EXPECT_EQ(*parseRegistryName(*parsed), name);
  }
}

TEST(RegistryName, WhatIsNoneIsRefused) {
  for (const std::string text :
       {"",         ":5000",       "a:",     "a:0",      "a:65536",
        "a:5000:",  "a:-1",        "a:0x1",  "a b",      "a/b",
        "-a",       "a-",          "a..b",   ".a",       "a_b",
        "http://a", "::1",         "[::1",   "[]",       "[::1]5000",
        "[g::1]",   "[127.0.0.1]", "user@a", "a:000080", "\xc3\xa4.example"}) {
    EXPECT_TRUE(parseRegistryName(text).has_error()) << text;
  }
  EXPECT_TRUE(parseRegistryName(std::string("[::1\0]", 6)).has_error());
  EXPECT_TRUE(parseRegistryName(std::string(64, 'a')).has_error());
  EXPECT_TRUE(parseRegistryName(std::string(63, 'a')).has_value());
  std::string labels;
  while (labels.size() < 254) labels += "aa.";
  EXPECT_TRUE(parseRegistryName(labels + "a").has_error());
  EXPECT_THAT(parseRegistryName("a b").error().message, HasSubstr("\"a b\""));
}

}  // namespace
}  // namespace skiff
