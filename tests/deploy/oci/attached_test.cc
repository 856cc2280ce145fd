#include "deploy/oci/attached.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/deploy/oci/pull_fixture.h"
#include "tests/deploy/oci/registry.h"
#include "tests/deploy/oci/scripted_registry.h"

namespace skiff::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kBundle = "application/vnd.dev.sigstore.bundle.v0.3+json";
constexpr const char* kSignature = "application/vnd.dev.cosign.simplesigning.v1+json";
constexpr const char* kImageConfig = "application/vnd.oci.image.config.v1+json";
constexpr const char* kEmptyConfig = "application/vnd.oci.empty.v1+json";

const std::string kDigest = "sha256:" + std::string(64, 'a');
const std::string kTag = "sha256-" + std::string(64, 'a');

std::string typed(const std::string& type) {
  return "\"artifactType\":\"" + type + "\"";
}

/// A registry that does not know of referrers, as docker-registry 2.8 does not.
class AttachedTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { registry_ = std::make_unique<Registry>(); }
  static void TearDownTestSuite() { registry_.reset(); }

  static OciReference app(const std::string& name) {
    return referenceTo(registry_->name() + "/" + name + ":v1");
  }
  static PullOptions options() { return plainOptions(registry_->name()); }

  static std::unique_ptr<Registry> registry_;
};

std::unique_ptr<Registry> AttachedTest::registry_;

TEST_F(AttachedTest, ATagGivesItsLayersWithTheirAnnotations) {
  OciLayout layout;
  layout.tag("s", layout.addManifest({kImageConfig, "{}", ""},
                                     {{kSignature, "payload",
                                       R"({"dev.cosignproject.cosign/signature":"MEU="})"}}));
  push(layout, "s", registry_->name() + "/a:" + kTag + ".sig", {"--preserve-digests"});
  const auto found = fetchTag(app("a"), tagOfDigest(kDigest) + ".sig", options());
  ASSERT_TRUE(found.has_value()) << errorOf(found).message;
  ASSERT_THAT(*found, SizeIs(1));
  ASSERT_THAT(found->front().layers, SizeIs(1));
  EXPECT_EQ(found->front().layers[0].content, "payload");
  EXPECT_EQ(found->front().layers[0].descriptor.mediaType, kSignature);
  EXPECT_EQ(found->front().layers[0].descriptor.annotation("dev.cosignproject.cosign/signature"),
            "MEU=");
}

TEST_F(AttachedTest, WhatIsNotThereIsNoError) {
  const auto tag = fetchTag(app("nobody"), kTag + ".sig", options());
  ASSERT_TRUE(tag.has_value()) << errorOf(tag).message;
  EXPECT_THAT(*tag, IsEmpty());
  const auto referrers = fetchReferrers(app("nobody"), kDigest, kBundle, options());
  ASSERT_TRUE(referrers.has_value()) << errorOf(referrers).message;
  EXPECT_THAT(*referrers, IsEmpty());
}

TEST_F(AttachedTest, WithoutReferrersTheDigestsTagListsThem) {
  OciLayout layout;
  const auto attach = [&](const std::string& type, const std::string& content) {
    return layout.addManifest({kEmptyConfig, "{}", ""}, {{"a/b", content, ""}}, typed(type));
  };
  layout.tag("l", layout.addIndex(
                      {attach(kBundle, "one"), attach("x/y", "other"), attach(kBundle, "two")}));
  push(layout, "l", registry_->name() + "/b:" + kTag, {"--all", "--preserve-digests"});
  const auto found = fetchReferrers(app("b"), kDigest, kBundle, options());
  ASSERT_TRUE(found.has_value()) << errorOf(found).message;
  ASSERT_THAT(*found, SizeIs(2));
  EXPECT_EQ((*found)[0].layers.at(0).content, "one");
  EXPECT_EQ((*found)[1].layers.at(0).content, "two");

  AttachedLimits few;
  few.artifacts = 1;
  EXPECT_EQ(errorOf(fetchReferrers(app("b"), kDigest, kBundle, options(), few)).kind,
            OciError::Kind::tooLarge);
}

TEST_F(AttachedTest, WhatIsTooLargeIsRefused) {
  OciLayout layout;
  layout.tag("s",
             layout.addManifest({kImageConfig, "{}", ""}, {{"a/b", std::string(100, 'a'), ""},
                                                           {"a/b", std::string(100, 'b'), ""}}));
  push(layout, "s", registry_->name() + "/c:s", {"--preserve-digests"});
  AttachedLimits limits;
  limits.blob = ByteSize(100);
  limits.total = ByteSize(200);
  EXPECT_TRUE(fetchTag(app("c"), "s", options(), limits).has_value());
  limits.total = ByteSize(199);
  EXPECT_EQ(errorOf(fetchTag(app("c"), "s", options(), limits)).kind, OciError::Kind::tooLarge);
  limits = {};
  limits.blob = ByteSize(99);
  EXPECT_EQ(errorOf(fetchTag(app("c"), "s", options(), limits)).kind, OciError::Kind::tooLarge);
}

TEST(Referrers, AreTakenFromARegistryThatKnowsThem) {
  const ScriptedArtifact artifact("content");
  const std::string list =
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)"
      R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" +
      artifact.manifestDigest +
      R"(","size":1,"artifactType":"application/vnd.wasm.config.v0+json"}]})";
  const ScriptedRegistry registry([&](const std::string& head, Peer& peer) {
    if (artifact.answerFor(head, peer)) return;
    if (targetOf(head) == "/v2/t/app/referrers/" + kDigest) {
      return peer.send(
          answer("200 OK", list, "Content-Type: application/vnd.oci.image.index.v1+json\r\n"));
    }
    peer.send(answer("200 OK", "content"));
  });
  const OciReference reference = referenceTo(registry.name() + "/t/app:v1");
  const auto found = fetchReferrers(reference, kDigest, "application/vnd.wasm.config.v0+json",
                                    plainOptions(registry.name()));
  ASSERT_TRUE(found.has_value()) << errorOf(found).message;
  ASSERT_THAT(*found, SizeIs(1));
  EXPECT_EQ(found->front().layers.at(0).content, "content");
}

TEST(Referrers, OfOtherBytesAreRefused) {
  const ScriptedArtifact artifact("content");
  const ScriptedRegistry registry([&](const std::string& head, Peer& peer) {
    if (!artifact.answerFor(head, peer)) peer.send(answer("200 OK", "CONTENT"));
  });
  const OciReference reference = referenceTo(registry.name() + "/t/app:v1");
  const OciError error = errorOf(fetchTag(reference, "v1", plainOptions(registry.name())));
  EXPECT_EQ(error.kind, OciError::Kind::digestMismatch);
}

}  // namespace
}  // namespace skiff::testing
