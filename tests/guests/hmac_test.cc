#include "guests/gate/hmac.h"

#include <gtest/gtest.h>

namespace skiff {
namespace {

std::string hexadecimal(const uint8_t* bytes) {
  std::string text;
  for (int i = 0; i < kSha256Size; ++i) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

std::string sha256Of(std::string_view text, std::size_t piece) {
  sha256 hash;
  uint8_t digest[kSha256Size];
  sha256_begin(&hash);
  for (std::size_t at = 0; at < text.size(); at += piece) {
    const std::string_view part = text.substr(at, piece);
    sha256_add(&hash, part.data(), part.size());
  }
  sha256_end(&hash, digest);
  return hexadecimal(digest);
}

std::string hmacOf(std::string_view secret, std::string_view message) {
  hmac_key key;
  uint8_t code[kSha256Size];
  hmac_prepare(&key, secret.data(), secret.size());
  hmac(&key, message.data(), message.size(), code);
  return hexadecimal(code);
}

TEST(TheGatesSha256, GivesTheStandardsAnswers) {  // FIPS 180-4's examples
  const struct {
    std::string text;
    const char* digest;
  } kCases[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {std::string(1'000'000, 'a'),
       "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  };
  for (const auto& example : kCases) {
    for (const std::size_t piece : {1UL, 55UL, 64UL, 1'000'000UL}) {
      EXPECT_EQ(sha256Of(example.text, piece), example.digest);
    }
  }
}

TEST(TheGatesHmac, GivesTheStandardsAnswers) {  // RFC 4231, section 4; case 5 is of cut codes
  const struct {
    std::string secret, message;
    const char* code;
  } kCases[] = {
      {std::string(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(20, '\xaa'), std::string(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16"
       "\x17\x18\x19",
       std::string(50, '\xcd'), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {std::string(131, '\xaa'),
       "This is a test using a larger than block-size key and a larger than block-size data. The "
       "key needs to be hashed before being used by the HMAC algorithm.",
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
  for (const auto& example : kCases) {
    EXPECT_EQ(hmacOf(example.secret, example.message), example.code);
  }
}

TEST(TheGatesHmac, ComparesEveryByte) {
  uint8_t one[kSha256Size] = {}, other[kSha256Size] = {};
  EXPECT_TRUE(hmac_equal(one, other));
  for (int i = 0; i < kSha256Size; ++i) {
    other[i] = 0x80;
    EXPECT_FALSE(hmac_equal(one, other)) << i;
    other[i] = 0;
  }
}

}  // namespace
}  // namespace skiff
