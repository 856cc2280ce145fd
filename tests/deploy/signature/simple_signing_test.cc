#include "deploy/signature/simple_signing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/deploy/signature/signer.h"

namespace skiff {
namespace {

using testing::encodeBase64;
using ::testing::HasSubstr;
using testing::Signer;
using testing::simpleSigningPayload;

const std::string kDigest = "sha256:" + std::string(64, 'a');

class SimpleSigning : public ::testing::Test {
 protected:
  Result<PublicKey> verify(std::string_view payload, std::string_view signature,
                           std::string_view digest = kDigest) const {
    return verifySimpleSigning(payload, signature, digest, keys_);
  }
  std::string refusal(std::string_view payload, std::string_view signature,
                      std::string_view digest = kDigest) const {
    const auto key = verify(payload, signature, digest);
    return key.has_value() ? "none" : key.error().message;
  }
  std::string signatureOf(std::string_view payload) const {
    return encodeBase64(signer_.sign(payload));
  }

  const Signer signer_;
  const std::vector<PublicKey> keys_{Signer().publicKey(), signer_.publicKey(),
                                     Signer(Signer::Kind::ed25519).publicKey()};
  const std::string payload_ = simpleSigningPayload(kDigest);
  const std::string signature_ = signatureOf(payload_);
};

TEST_F(SimpleSigning, TellsWhichKeySigned) {
  const auto key = verify(payload_, signature_);
  ASSERT_TRUE(key.has_value()) << key.error().message;
  EXPECT_EQ(key->fingerprint(), signer_.publicKey().fingerprint());
}

TEST_F(SimpleSigning, OfCosignIsAccepted) {
  // A payload, signature and key that cosign made; published with the tests of sigstore-rs
  // (src/cosign/signature_layers.rs).
  constexpr std::string_view kPayload =
      R"({"critical":{"identity":{"docker-reference":"registry-testing.svc.lan/busybox"},)"
      R"("image":{"docker-manifest-digest":)"
      R"("sha256:f3cfc9d0dbf931d3db4685ec659b7ac68e2a578219da4aae65427886e649b06b"},)"
      R"("type":"cosign container image signature"},"optional":null})";
  constexpr std::string_view kSignature =
      "MEUCIQD6q/COgzOyW0YH1Dk+CCYSt4uAhm3FDHUwvPI55zwnlwIgE0ZK58ZOWpZw8YVmBapJhBqCfdPekIknimuO0xH8"
      "Jh8=";
  const PublicKey key = PublicKey::parse(
                            "-----BEGIN PUBLIC KEY-----\n"
                            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAENptdY/l3nB0yqkXLBWkZWQwo6+cu\n"
                            "OSWS1X9vPavpiQOoTTGC0xX57OojUadxF1cdQmrsiReWg2Wn4FneJfa8xw==\n"
                            "-----END PUBLIC KEY-----\n")
                            .value();
  const auto signer = verifySimpleSigning(
      kPayload, kSignature,
      "sha256:f3cfc9d0dbf931d3db4685ec659b7ac68e2a578219da4aae65427886e649b06b", {&key, 1});
  ASSERT_TRUE(signer.has_value()) << signer.error().message;
  EXPECT_EQ(signer->fingerprint(), key.fingerprint());
}

TEST_F(SimpleSigning, OfAnotherKeyIsRefused) {
  EXPECT_THAT(refusal(payload_, encodeBase64(Signer().sign(payload_))),
              HasSubstr("none of the tenant's keys made the signature"));
  EXPECT_TRUE(verifySimpleSigning(payload_, signature_, kDigest, {}).has_error());
}

TEST_F(SimpleSigning, OfAnotherImageIsRefused) {
  const std::string other = "sha256:" + std::string(64, 'b');
  EXPECT_THAT(refusal(payload_, signature_, other),
              HasSubstr("what was signed is the image \"" + kDigest + "\", not " + other));
  EXPECT_TRUE(verify(payload_, signature_, kDigest.substr(0, 70)).has_error());
  EXPECT_TRUE(verify(payload_, signature_, "").has_error());
}

TEST_F(SimpleSigning, OfSomethingElseIsRefused) {
  const std::string payload = simpleSigningPayload(kDigest, "atomic container signature");
  EXPECT_THAT(refusal(payload, signatureOf(payload)),
              HasSubstr("says it is \"atomic container signature\", not a cosign container image"));
  for (const std::string text : {"{}", "[]", "null", R"({"critical": []})", R"({"critical": {}})",
                                 R"({"critical": {"type": 5, "image": {}}})"}) {
    EXPECT_THAT(refusal(text, signatureOf(text)), HasSubstr("what was signed says it is \"\""))
        << text;
  }
  // Signed, and still without the image's digest: it must not equal an empty one.
  const std::string text = R"({"critical": {"type": "cosign container image signature"}})";
  EXPECT_TRUE(verify(text, signatureOf(text)).has_error());
}

TEST_F(SimpleSigning, WithAnyBitOfThePayloadFlippedIsRefused) {
  for (std::size_t i = 0; i < payload_.size(); ++i) {
    std::string flipped = payload_;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    EXPECT_TRUE(verify(flipped, signature_).has_error()) << i;
  }
}

TEST_F(SimpleSigning, WithThePayloadCutOrPaddedIsRefused) {
  for (std::size_t length = 0; length < payload_.size(); ++length) {
    EXPECT_TRUE(verify(payload_.substr(0, length), signature_).has_error()) << length;
  }
  EXPECT_TRUE(verify(payload_ + "\n", signature_).has_error());
}

TEST_F(SimpleSigning, WithAnyCharacterOfTheSignatureChangedIsRefused) {
  for (std::size_t i = 0; i < signature_.size(); ++i) {
    std::string changed = signature_;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_TRUE(verify(payload_, changed).has_error()) << i;
  }
  for (const std::string& text : {signature_ + "\n", " " + signature_,
                                  signature_ + "====", signature_.substr(1), std::string()}) {
    EXPECT_TRUE(verify(payload_, text).has_error()) << text;
  }
}

TEST_F(SimpleSigning, WhosePayloadIsHugeOrDeepIsRefused) {
  const std::string huge = payload_ + std::string(300 * 1024, ' ');
  EXPECT_THAT(refusal(huge, signatureOf(huge)), HasSubstr("at most 256KiB are looked at"));
  const std::string deep(200'000, '[');
  EXPECT_THAT(refusal(deep, signatureOf(deep)), HasSubstr("the signed payload is not JSON"));
}

}  // namespace
}  // namespace skiff
