#include "deploy/signature/bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/deploy/signature/signer.h"

namespace skiff {
namespace {

using testing::bundle;
using testing::bundleAround;
using testing::BundleText;
using testing::encodeBase64;
using testing::envelopeSignature;
using ::testing::HasSubstr;
using testing::Signer;
using testing::statement;

const std::string kDigest = "sha256:" + std::string(64, 'a');
const std::string kOtherDigest = "sha256:" + std::string(64, 'b');

class Bundle : public ::testing::Test {
 protected:
  Result<PublicKey> verify(std::string_view text, std::string_view digest = kDigest) const {
    return verifyBundle(text, digest, keys_);
  }
  std::string refusal(std::string_view text, std::string_view digest = kDigest) const {
    const auto key = verify(text, digest);
    return key.has_value() ? "none" : key.error().message;
  }
  /// A bundle of `payload`, properly signed.
  std::string signedBundle(std::string_view payload) const {
    return bundleAround(payload, "[" + envelopeSignature(signer_, payload) + "]");
  }

  const Signer signer_;
  const std::vector<PublicKey> keys_{Signer().publicKey(), signer_.publicKey()};
  const std::string bundle_ = bundle(signer_, kDigest);
};

TEST_F(Bundle, TellsWhichKeySigned) {
  const auto key = verify(bundle_);
  ASSERT_TRUE(key.has_value()) << key.error().message;
  EXPECT_EQ(key->fingerprint(), signer_.publicKey().fingerprint());
}

TEST_F(Bundle, IsSignedOverItsTypeAndItsPayload) {
  // The example of the DSSE specification, protocol.md.
  EXPECT_EQ(dssePreAuthEncoding("http://example.com/HelloWorld", "hello world"),
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  EXPECT_EQ(dssePreAuthEncoding("", ""), "DSSEv1 0  0 ");
}

TEST_F(Bundle, OfAnotherKeyIsRefused) {
  EXPECT_THAT(refusal(bundle(Signer(), kDigest)), HasSubstr("none of the tenant's keys"));
  EXPECT_TRUE(verifyBundle(bundle_, kDigest, {}).has_error());
}

TEST_F(Bundle, OfAnotherImageIsRefused) {
  EXPECT_THAT(refusal(bundle_, kOtherDigest),
              HasSubstr("the image " + kOtherDigest + " is not among the subjects"));
  for (const std::string_view digest : {"", "sha256", "sha256:", ":", "aaaa"}) {
    EXPECT_TRUE(verify(bundle_, digest).has_error()) << digest;
  }
  // The digest under the name of another algorithm.
  EXPECT_TRUE(verify(bundle_, "sha512:" + kDigest.substr(7)).has_error());
}

TEST_F(Bundle, MayBeOfAnImageWithALongerDigest) {
  const std::string digest = "sha512:" + std::string(128, 'c');
  EXPECT_TRUE(verify(bundle(signer_, digest), digest).has_value());
}

TEST_F(Bundle, MayHaveSeveralSignaturesAndSubjects) {
  const std::string payload =
      R"({"_type":"https://in-toto.io/Statement/v0.1","subject":[{},5,{"digest":{"sha256":")" +
      kOtherDigest.substr(7) + R"("}},{"digest":{"sha256":")" + kDigest.substr(7) +
      R"("}}],"predicateType":"https://sigstore.dev/cosign/sign/v1"})";
  const std::string good = envelopeSignature(signer_, payload);
  const std::string other = envelopeSignature(Signer(), payload);
  EXPECT_TRUE(verify(bundleAround(payload, "[" + other + "," + good + "]")).has_value());
  EXPECT_TRUE(verify(bundleAround(payload, R"([5, {}, {"sig": "*"}, {"sig": 1}, )" + good + "]"))
                  .has_value());
  EXPECT_TRUE(verify(bundleAround(payload, "[" + other + "]")).has_error());
  EXPECT_TRUE(verify(bundleAround(payload, "[]")).has_error());
}

TEST_F(Bundle, HasABoundedNumberOfSignatures) {
  const std::string payload = statement(kDigest);
  std::string others;
  for (int i = 0; i < 7; ++i) others += "{},";
  const std::string good = envelopeSignature(signer_, payload);
  EXPECT_TRUE(verify(bundleAround(payload, "[" + others + good + "]")).has_value());
  EXPECT_TRUE(verify(bundleAround(payload, "[{}," + others + good + "]")).has_error());
}

TEST_F(Bundle, ThatSaysSomethingElseIsRefused) {
  BundleText text;
  text.mediaType = "application/vnd.dev.sigstore.bundle+json;version=0.1";
  EXPECT_THAT(refusal(bundle(signer_, kDigest, text)), HasSubstr("the bundle's media type is"));
  text = {};
  text.payloadType = "application/json";
  EXPECT_THAT(
      refusal(bundle(signer_, kDigest, text)),
      HasSubstr(R"(payload type is "application/json", not "application/vnd.in-toto+json")"));
  text = {};
  text.statementType = "https://in-toto.io/Statement/v2";
  EXPECT_THAT(refusal(bundle(signer_, kDigest, text)), HasSubstr("the signed statement's type is"));
  text = {};
  text.predicate = "https://slsa.dev/provenance/v1";
  EXPECT_THAT(refusal(bundle(signer_, kDigest, text)),
              HasSubstr(R"(the signed statement's predicate is "https://slsa.dev/provenance/v1")"));
}

TEST_F(Bundle, WhosePayloadWasSignedAsAnotherTypeIsRefused) {
  BundleText text;
  text.payloadType = "application/json";
  const std::string payload = statement(kDigest);
  EXPECT_THAT(refusal(bundleAround(payload, "[" + envelopeSignature(signer_, payload, text) + "]")),
              HasSubstr("none of the tenant's keys"));
  // The payload alone, without the encoding around it.
  EXPECT_THAT(refusal(bundleAround(payload,
                                   R"([{"sig": ")" + encodeBase64(signer_.sign(payload)) + "\"}]")),
              HasSubstr("none of the tenant's keys"));
}

TEST_F(Bundle, ThatLacksAPartIsRefused) {
  for (
      const std::string_view text :
      {"", "{", "{}", "[]", "null", "5", R"({"mediaType": 5})",
       R"({"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"})",
       R"({"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "dsseEnvelope": []})",
       R"({"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "messageSignature": {}})"}) {
    EXPECT_TRUE(verify(text).has_error()) << text;
  }
  for (const std::string_view payload :
       {"", "{", "[]", "null", R"({"_type": "https://in-toto.io/Statement/v1"})",
        R"({"_type": "https://in-toto.io/Statement/v1",
            "predicateType": "https://sigstore.dev/cosign/sign/v1"})",
        R"({"_type": "https://in-toto.io/Statement/v1", "subject": {"digest": "a"},
            "predicateType": "https://sigstore.dev/cosign/sign/v1"})"}) {
    EXPECT_TRUE(verify(signedBundle(payload)).has_error()) << payload;
  }
}

TEST_F(Bundle, WithAnyBitOfTheEnvelopeFlippedIsRefused) {
  const std::size_t begin = bundle_.find("\"dsseEnvelope\"");
  ASSERT_NE(begin, std::string::npos);
  for (std::size_t i = begin; i + 1 < bundle_.size(); ++i) {
    for (const int bit : {0, 5}) {
      std::string flipped = bundle_;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      EXPECT_TRUE(verify(flipped).has_error()) << flipped;
    }
  }
}

TEST_F(Bundle, CutAnywhereIsRefused) {
  for (std::size_t length = 0; length < bundle_.size(); ++length) {
    EXPECT_TRUE(verify(bundle_.substr(0, length)).has_error()) << length;
  }
}

TEST_F(Bundle, ThatIsHugeOrDeepIsRefused) {
  EXPECT_THAT(refusal(bundle_ + std::string(300 * 1024, ' ')),
              HasSubstr("at most 256KiB are looked at"));
  EXPECT_THAT(refusal(std::string(200'000, '[')), HasSubstr("the bundle is not JSON"));
  EXPECT_THAT(refusal(signedBundle(std::string(100'000, '['))),
              HasSubstr("the signed statement is not JSON"));
}

TEST_F(Bundle, WhosePayloadHasAnotherBase64IsRefused) {
  const std::string payload = statement(kDigest) + " ";  // its base64 ends in "="
  std::string text = signedBundle(payload);
  const std::string encoded = encodeBase64(payload);
  ASSERT_TRUE(verify(text).has_value());
  ASSERT_TRUE(encoded.ends_with('='));
  text.replace(text.find(encoded), encoded.size(), encoded.substr(0, encoded.find('=')));
  EXPECT_THAT(refusal(text), HasSubstr("the bundle's payload is not base64"));
}

}  // namespace
}  // namespace skiff
