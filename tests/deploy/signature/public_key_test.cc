#include "deploy/signature/public_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>

#include "tests/deploy/signature/signer.h"

namespace skiff {
namespace {

using ::testing::HasSubstr;
using testing::Signer;
using ::testing::StartsWith;

std::vector<std::uint8_t> bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

std::string refusal(std::string_view pem) {
  const auto key = PublicKey::parse(pem);
  return key.has_value() ? "none" : key.error().message;
}

class EachKind : public ::testing::TestWithParam<Signer::Kind> {};

TEST_P(EachKind, OfKeyChecksItsOwnSignaturesAndNoOthers) {
  const Signer signer(GetParam());
  const PublicKey key = signer.publicKey();
  const std::string signature = signer.sign("message");
  EXPECT_TRUE(key.verifies("message", bytes(signature)));
  EXPECT_FALSE(key.verifies("massage", bytes(signature)));
  EXPECT_FALSE(key.verifies("", bytes(signature)));
  EXPECT_FALSE(Signer(GetParam()).publicKey().verifies("message", bytes(signature)));
  for (std::size_t length = 0; length < signature.size(); ++length) {
    EXPECT_FALSE(key.verifies("message", bytes(signature.substr(0, length)))) << length;
  }
  for (std::size_t i = 0; i < signature.size(); ++i) {
    std::string flipped = signature;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_FALSE(key.verifies("message", bytes(flipped))) << i;
  }
  EXPECT_FALSE(key.verifies("message", bytes(signature + '\0')));
}

INSTANTIATE_TEST_SUITE_P(, EachKind,
                         ::testing::Values(Signer::Kind::p256, Signer::Kind::ed25519,
                                           Signer::Kind::rsa2048));

TEST(PublicKey, TakesADerSignatureInOneEncodingOnly) {
  const Signer signer;
  const PublicKey key = signer.publicKey();
  const std::string signature = signer.sign("message");
  ASSERT_EQ(signature[0], '\x30');
  const auto body = signature.substr(2);
  // The same two numbers, with a longer length, and with something behind them.
  EXPECT_FALSE(key.verifies("message", bytes(std::string("\x30\x81") + signature[1] + body)));
  const char longer = static_cast<char>(signature[1] + 2);
  EXPECT_FALSE(key.verifies("message", bytes(std::string("\x30") + longer + body + "\x05" + '\0')));
  EXPECT_FALSE(key.verifies("message", bytes(std::string("\x30\x80") + body + '\0' + '\0')));
  EXPECT_FALSE(key.verifies("message", bytes("\x30\x06\x02\x01\x01\x02\x01\x01")));
  EXPECT_FALSE(key.verifies("message", bytes(std::string("\x30\x06\x02\x01\0\x02\x01\0", 8))));
  EXPECT_FALSE(key.verifies("message", bytes(std::string(10'000, '\x30'))));
}

TEST(PublicKey, HasOneFingerprintHoweverItsPemWasWritten) {
  const Signer signer;
  const std::string pem = signer.publicPem();
  const std::string fingerprint = signer.publicKey().fingerprint();
  EXPECT_THAT(fingerprint, StartsWith("sha256:"));
  EXPECT_EQ(fingerprint.size(), 71U);
  std::string windows;
  for (const char c : pem) windows += c == '\n' ? "\r\n" : std::string(1, c);
  for (const std::string& form :
       {"\n" + pem, pem + "\n\n", pem.substr(0, pem.size() - 1), windows}) {
    const auto key = PublicKey::parse(form);
    ASSERT_TRUE(key.has_value()) << key.error().message;
    EXPECT_EQ(key->fingerprint(), fingerprint);
  }
  EXPECT_NE(Signer().publicKey().fingerprint(), fingerprint);
}

TEST(PublicKey, OfAnotherKindIsRefusedWithWhatToGiveInstead) {
  EXPECT_THAT(refusal(Signer(Signer::Kind::p384).publicPem()),
              HasSubstr("another curve than P-256; give one of ECDSA on P-256"));
  EXPECT_THAT(refusal(Signer(Signer::Kind::rsa1024).publicPem()),
              HasSubstr("the RSA key has 1024 bits; it takes 2048 to 8192"));
  // X25519, from `openssl genpkey -algorithm X25519`.
  EXPECT_THAT(refusal("-----BEGIN PUBLIC KEY-----\n"
                      "MCowBQYDK2VuAyEAhSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=\n"
                      "-----END PUBLIC KEY-----\n"),
              HasSubstr("of a kind that images are not signed with"));
}

TEST(PublicKey, MustBeOnePemAndNothingElse) {
  const Signer signer;
  const std::string pem = signer.publicPem();
  for (const std::string& text :
       {std::string(), std::string("none"), signer.privatePem(), pem + pem, "text\n" + pem,
        pem + "text", pem.substr(0, pem.size() - 5), pem + std::string(20'000, '-')}) {
    EXPECT_THAT(refusal(text), HasSubstr("not one public key in PEM")) << text;
  }
  std::string cut = pem;
  cut.erase(60, 8);
  EXPECT_THAT(refusal(cut), HasSubstr("was it copied whole?"));
  EXPECT_THAT(refusal("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----"),
              HasSubstr("was it copied whole?"));
  // A point that is not on the curve.
  EXPECT_THAT(refusal("-----BEGIN PUBLIC KEY-----\n"
                      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAENptdY/l3nB0yqkXLBWkZWQwo6+cu\n"
                      "OSWS1X9vPavpiQOoTTGC0xX57OojUadxF1cdQmrsiReWg2Wn4FneJfa8xg==\n"
                      "-----END PUBLIC KEY-----\n"),
              HasSubstr("was it copied whole?"));
}

TEST(PublicKey, LeavesNoErrorForOtherUsersOfOpenSsl) {
  refusal("-----BEGIN PUBLIC KEY-----\nnone\n-----END PUBLIC KEY-----");
  Signer().publicKey().verifies("message", bytes("none"));
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(PublicKeys, AreAllReadOrTheFirstBadOneIsNamed) {
  const std::string pem = Signer().publicPem();
  EXPECT_EQ(parsePublicKeys({pem, pem})->size(), 2U);
  EXPECT_TRUE(parsePublicKeys({})->empty());
  const auto keys = parsePublicKeys({pem, "none", pem});
  ASSERT_TRUE(keys.has_error());
  EXPECT_THAT(keys.error().message, StartsWith("key 2 of 3: the key is not one public key"));
}

}  // namespace
}  // namespace skiff
