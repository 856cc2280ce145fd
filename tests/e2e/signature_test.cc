// Signatures beside images, and what a tenant's policy makes of them: when a version is pulled,
// when it is deployed, and whenever the daemon starts.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/deploy/oci/certificates.h"
#include "tests/deploy/signature/signer.h"
#include "tests/e2e/pulling.h"

namespace skiff::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::SignedImage;
using testing::Signer;

constexpr const char* kHello = "Hello from skiff, you asked for /\n";

/// A tenant's document with its policy and the keys that it trusts.
std::string policyOf(const std::string& word, const std::vector<std::string>& pems) {
  std::string keys;
  for (std::string pem : pems) {
    for (std::size_t at = 0; (at = pem.find('\n', at)) != std::string::npos;) {
      pem.replace(at, 1, "\\n");
    }
    keys += (keys.empty() ? "\"" : ",\"") + pem + "\"";
  }
  return R"({"signatures":{"policy":")" + word + R"(","keys":[)" + keys + "]}}";
}

/// A registry with a module under the tag "v1", and who pulls it.
class ASignature : public ::testing::TestWithParam<SignatureForm> {
 protected:
  ASignature() {
    image_.digest = pushModule(name(), guestBytes("hello"));
    image_.size = sizeOfManifest();
    puller_.addApp("web");
  }
  std::string name(const std::string& tag = "v1") const {
    return registry_.name() + "/t/app:" + tag;
  }
  /// Puts a signature where the image's would be.
  void attach(const SignatureCandidate& candidate) const {
    const testing::TemporaryDirectory folder;
    const std::string tag = testing::writeLayout(folder.path() / "layout", candidate, image_);
    std::vector<std::string> arguments{"copy", "--insecure-policy", "--dest-tls-verify=false"};
    arguments.push_back(candidate.form == SignatureForm::tag ? "--preserve-digests" : "--all");
    arguments.push_back("oci:" + (folder.path() / "layout").string() + ":" + tag);
    arguments.push_back("docker://" + name(tag));
    testing::outputOf("/usr/bin/skopeo", arguments);
  }
  void sign(const Signer& signer) const { attach(testing::sign(signer, GetParam(), image_)); }
  void putPolicy(const std::string& word, const std::vector<std::string>& pems) const {
    const ApiReply reply = puller_.api().put("/v1/tenants/acme", policyOf(word, pems));
    ASSERT_EQ(reply.status, 200) << reply.text;
  }
  void expectRefused(const std::string& says) const {
    const ApiReply reply = puller_.pull("web", name());
    EXPECT_EQ(reply.status, 422) << reply.text;
    EXPECT_EQ(reply.word("code"), "signature_required");
    EXPECT_THAT(reply.word("detail"), HasSubstr(says));
    EXPECT_THAT(puller_.versions("web"), IsEmpty());
  }
  static std::string verdictOf(const ApiReply& version) {
    return std::string(version.body.at("signature").at("verdict").as_string());
  }
  void expectNotServed() {
    const Response response = puller_.get("web");
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.field("skiff-reason"), "not_ready");
  }

  testing::Registry registry_;
  SignedImage image_;
  Signer signer_;
  Puller puller_{registryTable(registry_.name())};

 private:
  std::uint64_t sizeOfManifest() const {
    const std::string hex = image_.digest.substr(7);
    return std::filesystem::file_size(registry_.storage() / "docker/registry/v2/blobs/sha256" /
                                      hex.substr(0, 2) / hex / "data");
  }
};

INSTANTIATE_TEST_SUITE_P(OfEitherForm, ASignature,
                         ::testing::Values(SignatureForm::tag, SignatureForm::referrer),
                         [](const auto& form) {
                           return form.param == SignatureForm::tag ? "Tag" : "Referrer";
                         });

TEST_P(ASignature, ByATrustedKeyLetsItsImageBeServedAlsoAfterARestart) {
  sign(signer_);
  putPolicy("require", {Signer().publicPem(), signer_.publicPem()});
  const ApiReply version = puller_.pull("web", name());
  ASSERT_EQ(version.status, 201) << version.text;
  EXPECT_EQ(verdictOf(version), "verified");
  EXPECT_THAT(std::string(version.body.at("signature").at("detail").as_string()),
              HasSubstr(signer_.publicKey().fingerprint()));
  ASSERT_EQ(puller_.api().deploy("acme/web", version.word("version")).status, 200);
  EXPECT_EQ(puller_.get("web").body, kHello);
  // The registry is not asked again.
  registry_.stop();
  puller_.daemon().restart();
  EXPECT_EQ(puller_.get("web").body, kHello);
}

TEST_P(ASignature, ThatIsMissingIsNotMadeUpFor) {
  putPolicy("require", {signer_.publicPem()});
  expectRefused("there is no signature of it");
  const ApiReply uploaded = puller_.api().ask("POST", appPath("acme/web", "/versions"),
                                              guestBytes("hello"), "application/wasm");
  EXPECT_EQ(uploaded.word("code"), "signature_required") << uploaded.text;
  EXPECT_THAT(puller_.versions("web"), IsEmpty());
}

TEST_P(ASignature, ByAnotherKeyIsRefused) {
  sign(Signer());
  putPolicy("require", {signer_.publicPem()});
  expectRefused("its signature does not count");
}

TEST_P(ASignature, OfAnotherDigestIsRefused) {
  SignedImage other = image_;
  other.digest = testing::digestOf("another image's manifest");
  SignatureCandidate stolen = testing::sign(signer_, GetParam(), other);
  if (GetParam() == SignatureForm::referrer) {
    // Its manifest may say what it likes of what it is about.
    stolen = testing::referrerCandidate(image_, testing::bundle(signer_, other.digest));
  }
  attach(stolen);
  putPolicy("require", {signer_.publicPem()});
  expectRefused(image_.digest);
}

TEST_P(ASignature, OfACutPayloadIsRefused) {
  if (GetParam() == SignatureForm::tag) {
    const std::string payload = testing::simpleSigningPayload(image_.digest);
    attach(testing::tagCandidate(
        {{payload.substr(0, payload.size() - 1), testing::encodeBase64(signer_.sign(payload))}}));
  } else {
    const std::string statement = testing::statement(image_.digest);
    attach(testing::referrerCandidate(
        image_, testing::bundleAround(std::string_view(statement).substr(0, statement.size() - 1),
                                      "[" + testing::envelopeSignature(signer_, statement) + "]")));
  }
  putPolicy("require", {signer_.publicPem()});
  expectRefused("its signature does not count");
}

TEST_P(ASignature, IsOnlyLookedAtWhereThePolicyWarns) {
  putPolicy("warn", {signer_.publicPem()});
  const ApiReply missing = puller_.pull("web", name());
  ASSERT_EQ(missing.status, 201) << missing.text;
  EXPECT_EQ(verdictOf(missing), "missing");
  ASSERT_EQ(puller_.api().deploy("acme/web", missing.word("version")).status, 200);
  EXPECT_EQ(puller_.get("web").body, kHello);
}

TEST_P(ASignature, IsRequiredOfWhatIsServedAlreadyOnceThePolicySaysSo) {
  const ApiReply version = puller_.pull("web", name());
  ASSERT_EQ(version.status, 201) << version.text;
  EXPECT_EQ(verdictOf(version), "unchecked");
  const std::string deployed = version.word("version");
  ASSERT_EQ(puller_.api().deploy("acme/web", deployed).status, 200);
  EXPECT_EQ(puller_.get("web").body, kHello);

  putPolicy("require", {signer_.publicPem()});
  expectNotServed();
  puller_.daemon().restart();
  expectNotServed();
  EXPECT_EQ(puller_.api().deploy("acme/web", deployed).word("code"), "signature_required");

  // What is signed afterwards is the same version, pulled again.
  sign(signer_);
  const ApiReply again = puller_.pull("web", name());
  EXPECT_EQ(again.status, 200) << again.text;
  EXPECT_EQ(again.word("version"), deployed);
  EXPECT_EQ(verdictOf(again), "verified");
  EXPECT_EQ(puller_.api().deploy("acme/web", deployed).status, 200);
  EXPECT_EQ(puller_.get("web").body, kHello);
  puller_.daemon().restart();
  EXPECT_EQ(puller_.get("web").body, kHello);
}

TEST_P(ASignature, CountsForAsLongAsItsKeyIsTrusted) {
  sign(signer_);
  putPolicy("require", {signer_.publicPem()});
  const std::string deployed = puller_.pull("web", name()).word("version");
  ASSERT_EQ(puller_.api().deploy("acme/web", deployed).status, 200);
  EXPECT_EQ(puller_.get("web").body, kHello);
  putPolicy("require", {Signer().publicPem()});
  expectNotServed();
  puller_.daemon().restart();
  expectNotServed();
  EXPECT_EQ(puller_.api().deploy("acme/web", deployed).word("code"), "signature_required");
}

}  // namespace
}  // namespace skiff::e2e
