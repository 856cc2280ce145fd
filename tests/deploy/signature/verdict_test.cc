#include "deploy/signature/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/deploy/signature/signer.h"

namespace skiff {
namespace {

using testing::digestOf;
using testing::encodeBase64;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::referrerCandidate;
using testing::sign;
using testing::SignedImage;
using testing::Signer;
using testing::simpleSigningPayload;
using ::testing::SizeIs;
using testing::tagCandidate;

const SignedImage kImage{digestOf("the image's manifest"), 20};
const SignedImage kOtherImage{digestOf("another's"), 9};

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

class EachForm : public ::testing::TestWithParam<SignatureForm> {
 protected:
  Verdict verdict(const std::vector<SignatureCandidate>& candidates) const {
    return verifySignatures(candidates, kImage.digest, keys_);
  }
  SignatureCandidate good() const { return sign(signer_, GetParam(), kImage); }

  const Signer signer_;
  const std::vector<PublicKey> keys_{Signer().publicKey(), signer_.publicKey()};
};

std::string nameOf(const ::testing::TestParamInfo<SignatureForm>& form) {
  return form.param == SignatureForm::tag ? "Tag" : "Referrer";
}

INSTANTIATE_TEST_SUITE_P(, EachForm, ::testing::Values(SignatureForm::tag, SignatureForm::referrer),
                         nameOf);

TEST_P(EachForm, OfSignatureIsVerifiedByItsKey) {
  const Verdict found = verdict({good()});
  EXPECT_EQ(found.verdict, SignatureVerdict::verified);
  EXPECT_EQ(found.key, signer_.publicKey().fingerprint());
  EXPECT_EQ(found.detail, "the key " + found.key + " signed it");
}

TEST_P(EachForm, OfAnotherKeyOrImageIsRefused) {
  const Verdict otherKey = verdict({sign(Signer(), GetParam(), kImage)});
  EXPECT_EQ(otherKey.verdict, SignatureVerdict::refused);
  EXPECT_EQ(otherKey.key, "");
  EXPECT_THAT(otherKey.detail, HasSubstr("does not count: none of the tenant's keys made"));
  const Verdict otherImage = verdict({sign(signer_, GetParam(), kOtherImage)});
  EXPECT_EQ(otherImage.verdict, SignatureVerdict::refused);
  EXPECT_THAT(otherImage.detail, HasSubstr(kImage.digest));
}

TEST_P(EachForm, IsVerifiedByOneGoodSignatureAmongOthers) {
  const Verdict found =
      verdict({sign(Signer(), GetParam(), kImage), sign(signer_, GetParam(), kOtherImage), good(),
               sign(Signer(), GetParam(), kImage)});
  EXPECT_EQ(found.verdict, SignatureVerdict::verified);
}

TEST_P(EachForm, NamesTheFirstOfSeveralProblems) {
  SignatureCandidate noManifest = good();
  noManifest.manifest = "{";
  const Verdict found = verdict({noManifest, sign(Signer(), GetParam(), kImage)});
  EXPECT_EQ(found.verdict, SignatureVerdict::refused);
  EXPECT_THAT(found.detail, HasSubstr("none of its 2 signatures counts; the first: the "
                                      "signature's manifest is not JSON"));
}

TEST_P(EachForm, NeedsTheBlobThatTheManifestNames) {
  SignatureCandidate candidate = good();
  candidate.blobs.clear();
  EXPECT_THAT(verdict({candidate}).detail, HasSubstr("the registry does not have its blob"));
  candidate = good();
  candidate.blobs[0].bytes += ' ';
  EXPECT_THAT(verdict({candidate}).detail, HasSubstr("the registry has something else"));
  candidate.blobs[0].bytes.clear();
  EXPECT_THAT(verdict({candidate}).detail, HasSubstr("the registry has something else"));
  candidate = good();
  candidate.blobs[0].bytes.back() = ' ';
  EXPECT_EQ(verdict({candidate}).verdict, SignatureVerdict::refused);
}

TEST_P(EachForm, IsOfItsOwnPlaceOnly) {
  SignatureCandidate candidate = good();
  candidate.form = GetParam() == SignatureForm::tag ? SignatureForm::referrer : SignatureForm::tag;
  EXPECT_EQ(verdict({candidate}).verdict, SignatureVerdict::missing);
}

TEST_P(EachForm, HasABoundedNumberOfCandidates) {
  std::vector<SignatureCandidate> candidates(kMostSignatureCandidates - 1,
                                             sign(Signer(), GetParam(), kImage));
  candidates.push_back(good());
  EXPECT_EQ(verdict(candidates).verdict, SignatureVerdict::verified);
  candidates.insert(candidates.begin(), candidates.front());
  EXPECT_EQ(verdict(candidates).verdict, SignatureVerdict::refused);
}

TEST_P(EachForm, WithAnyByteOfTheManifestChangedHarmsNobody) {
  const SignatureCandidate candidate = good();
  for (std::size_t i = 0; i < candidate.manifest.size(); ++i) {
    for (const char c : {'\0', '"', '{', '9'}) {
      SignatureCandidate changed = candidate;
      changed.manifest[i] = c;
      const Verdict found = verdict({changed});
      EXPECT_FALSE(found.detail.empty());
      EXPECT_EQ(found.key.empty(), found.verdict != SignatureVerdict::verified);
    }
  }
}

class Verdicts : public ::testing::Test {
 protected:
  const Signer signer_;
  const std::vector<PublicKey> keys_{signer_.publicKey()};
};

TEST_F(Verdicts, AreMissingWithoutCandidates) {
  const Verdict found = verifySignatures({}, kImage.digest, keys_);
  EXPECT_EQ(found.verdict, SignatureVerdict::missing);
  EXPECT_EQ(found.detail, "there is no signature of it");
}

TEST_F(Verdicts, AreMissingWhereReferrersHoldNoSignature) {
  SignatureCandidate attestation = sign(signer_, SignatureForm::referrer, kImage);
  attestation.manifest =
      replaced(attestation.manifest, "\":\"https://sigstore.dev/cosign/sign/v1\"",
               "\":\"https://slsa.dev/provenance/v1\"");
  SignatureCandidate materials = sign(signer_, SignatureForm::referrer, kImage);
  materials.manifest = replaced(materials.manifest,
                                R"("artifactType":"application/vnd.dev.sigstore.bundle.v0.3+json")",
                                R"("artifactType":"application/spdx+json")");
  EXPECT_EQ(verifySignatures(std::vector{attestation, materials}, kImage.digest, keys_).verdict,
            SignatureVerdict::missing);
}

TEST_F(Verdicts, DoNotNeedTheReferrersAnnotations) {
  SignatureCandidate candidate = sign(signer_, SignatureForm::referrer, kImage);
  candidate.manifest = replaced(candidate.manifest, "\"annotations\"", "\"others\"");
  EXPECT_EQ(verifySignatures(std::vector{candidate}, kImage.digest, keys_).verdict,
            SignatureVerdict::verified);
}

TEST_F(Verdicts, FindOneGoodLayerAmongSeveral) {
  const std::string payload = simpleSigningPayload(kImage.digest);
  const SignatureCandidate candidate =
      tagCandidate({{payload, encodeBase64(Signer().sign(payload))},
                    {payload, ""},
                    {payload, encodeBase64(signer_.sign(payload))}});
  EXPECT_EQ(verifySignatures(std::vector{candidate}, kImage.digest, keys_).verdict,
            SignatureVerdict::verified);
}

TEST(SignatureLayers, AreWhatAPullerHasToFetch) {
  const Signer signer;
  const SignatureCandidate tag = sign(signer, SignatureForm::tag, kImage);
  const auto layers = signatureLayers(SignatureForm::tag, tag.manifest);
  ASSERT_TRUE(layers.has_value());
  ASSERT_THAT(*layers, SizeIs(1));
  EXPECT_EQ((*layers)[0].digest, tag.blobs[0].digest);
  EXPECT_EQ((*layers)[0].size, tag.blobs[0].bytes.size());
  const SignatureCandidate referrer = sign(signer, SignatureForm::referrer, kImage);
  const auto bundles = signatureLayers(SignatureForm::referrer, referrer.manifest);
  ASSERT_TRUE(bundles.has_value());
  ASSERT_THAT(*bundles, SizeIs(1));
  EXPECT_EQ((*bundles)[0].digest, referrer.blobs[0].digest);
}

TEST(SignatureLayers, AreBoundedInNumberAndSize) {
  std::string list;
  for (int i = 0; i < 100; ++i) {
    list += std::string(i == 0 ? "" : ",") +
            R"({"mediaType":"application/vnd.dev.cosign.simplesigning.v1+json","size":1})";
  }
  EXPECT_THAT(*signatureLayers(SignatureForm::tag, R"({"layers":[)" + list + "]}"),
              SizeIs(kMostSignatureLayers));
  for (const std::string_view size : {"262145", "-1", "18446744073709551615", "1.5", "\"1\""}) {
    EXPECT_THAT(*signatureLayers(SignatureForm::tag,
                                 R"({"layers":[{"mediaType":)"
                                 R"("application/vnd.dev.cosign.simplesigning.v1+json","size":)" +
                                     std::string(size) + "}]}"),
                IsEmpty())
        << size;
  }
  EXPECT_TRUE(signatureLayers(SignatureForm::tag, "[]").has_error());
  EXPECT_TRUE(signatureLayers(SignatureForm::tag, "{}" + std::string(300 * 1024, ' ')).has_error());
}

TEST(SignatureTags, AreMadeOfTheDigest) {
  EXPECT_EQ(signatureTag("sha256:0123abcd"), "sha256-0123abcd.sig");
}

class Policy : public ::testing::Test {
 protected:
  std::string refusal(SignaturePolicy::Mode mode, const Verdict& verdict) const {
    const auto enforced = enforce({mode, {Signer().publicPem(), signer_.publicPem()}}, verdict);
    return enforced.has_value() ? "none" : enforced.error().message;
  }

  const Signer signer_;
  const Verdict verified_{SignatureVerdict::verified, signer_.publicKey().fingerprint(), "signed"};
};

TEST_F(Policy, ThatRequiresSignaturesLetsInNothingElse) {
  constexpr auto kMode = SignaturePolicy::Mode::require;
  EXPECT_EQ(refusal(kMode, verified_), "none");
  EXPECT_THAT(refusal(kMode, {SignatureVerdict::missing, "", "there is no signature of it"}),
              HasSubstr("\"require\", and there is no signature of it; sign it with one of the"));
  EXPECT_THAT(refusal(kMode, {SignatureVerdict::refused, "", "it is another's"}),
              HasSubstr("and it is another's; sign it"));
  EXPECT_THAT(refusal(kMode, {SignatureVerdict::unchecked, "", ""}),
              HasSubstr("was not checked when it was deployed"));
  EXPECT_THAT(refusal(kMode, Verdict()), HasSubstr("require"));
}

TEST_F(Policy, ThatRequiresSignaturesForgetsAKeyThatWasTakenOut) {
  const Verdict byAnother{SignatureVerdict::verified, Signer().publicKey().fingerprint(), "signed"};
  EXPECT_THAT(refusal(SignaturePolicy::Mode::require, byAnother),
              HasSubstr("that signed it is not one of its keys"));
  EXPECT_THAT(refusal(SignaturePolicy::Mode::require, {SignatureVerdict::verified, "", "signed"}),
              HasSubstr("is not one of its keys"));
  EXPECT_TRUE(enforce({SignaturePolicy::Mode::require, {}}, verified_).has_error());
  EXPECT_THAT(enforce({SignaturePolicy::Mode::require, {"none"}}, verified_).error().message,
              HasSubstr("key 1 of 1: the key is not one public key"));
}

TEST_F(Policy, ThatWarnsOrIsOffLetsInEverything) {
  for (const auto mode : {SignaturePolicy::Mode::warn, SignaturePolicy::Mode::off}) {
    EXPECT_EQ(refusal(mode, verified_), "none");
    EXPECT_EQ(refusal(mode, {SignatureVerdict::refused, "", "it is another's"}), "none");
    EXPECT_EQ(refusal(mode, Verdict()), "none");
  }
}

}  // namespace
}  // namespace skiff
