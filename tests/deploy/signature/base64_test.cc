#include "deploy/signature/base64.h"

#include <gtest/gtest.h>

#include "tests/deploy/signature/signer.h"

namespace skiff {
namespace {

std::optional<std::string> decoded(std::string_view text) {
  const auto bytes = decodeBase64(text);
  if (!bytes) return std::nullopt;
  return std::string(bytes->begin(), bytes->end());
}

TEST(Base64, IsDecodedAsTheStandardsExamples) {
  // RFC 4648, section 10.
  EXPECT_EQ(decoded(""), "");
  EXPECT_EQ(decoded("Zg=="), "f");
  EXPECT_EQ(decoded("Zm8="), "fo");
  EXPECT_EQ(decoded("Zm9v"), "foo");
  EXPECT_EQ(decoded("Zm9vYg=="), "foob");
  EXPECT_EQ(decoded("Zm9vYmE="), "fooba");
  EXPECT_EQ(decoded("Zm9vYmFy"), "foobar");
  EXPECT_EQ(decoded("+/+/"), "\xfb\xff\xbf");
}

TEST(Base64, GivesBackWhatWasEncoded) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(decoded(testing::encodeBase64(bytes)), bytes);
    bytes += static_cast<char>(i * 7);
  }
}

TEST(Base64, HasOneTextForEachSequenceOfBytes) {
  for (const std::string_view text :
       {"Z",    "Zg",      "Zg=",    "Zg===",     "Zg==Zg==",  "Zh==",
        "Zm9=", "Zm8",     "Z===",   "====",      "=",         "=Zg=",
        "Zg=a", " Zm9v",   "Zm9v\n", "Zm9v    ",  "Zm\n9",     "Zm9v\nZm9v",
        "-_-_", "Zm9\x80", "Zm9*",   "\tZm9vZm9", "Zm9vZm9\n", "Zm9v-eof"}) {
    EXPECT_EQ(decoded(text), std::nullopt) << text;
  }
  EXPECT_EQ(decoded(std::string_view("Zm9\0", 4)), std::nullopt);
}

TEST(Base64, IsNotTheSameWithAnyCharacterChanged) {
  const std::string good = testing::encodeBase64("a signature");
  const std::string alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= -_\n";
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char c : alphabet) {
      if (c == good[i]) continue;
      std::string changed = good;
      changed[i] = c;
      EXPECT_NE(decoded(changed), "a signature") << changed;
    }
  }
}

}  // namespace
}  // namespace skiff
