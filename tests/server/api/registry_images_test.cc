#include "server/api/registry_images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/deploy/oci/pull_fixture.h"
#include "tests/deploy/oci/registry.h"
#include "tests/deploy/oci/scripted_registry.h"

namespace skiff::testing {
namespace {

using ::testing::SizeIs;

/// A registry that lets in whoever has a password, which the configuration holds.
class RegistryImagesTest : public ::testing::Test {
 protected:
  RegistryImagesTest() {
    folder_.write("password", "s3cret");
    RegistrySettings& settings = config_.registries[registry_.name()];
    settings.plainHttp = true;
    settings.username = "robot";
    settings.passwordFile = folder_.path() / "password";
  }

  Result<ImageSource::Pulled, ImageSource::Failure> pull(const ImageSource::Access& access) {
    RegistryImages images(*store_, DeployConfig(), [this] { return config_; });
    return images.pull(registry_.name() + "/acme/app:v1", access, SignaturePolicy(),
                       [](const ImageSource::Progress&) { return true; });
  }
  std::size_t requestsWithThePassword() const {
    std::size_t count = 0;
    for (const std::string& request : registry_.requests()) {
      if (!fieldOf(request, "Authorization").empty()) ++count;
    }
    return count;
  }

  TemporaryDirectory folder_;
  TemporaryStore store_;
  const ScriptedArtifact artifact_{coreModule("guarded")};
  const ScriptedRegistry registry_{[this](const std::string& head, Peer& peer) {
    if (fieldOf(head, "Authorization").empty()) {
      return peer.send(answer("401 Who", "", "WWW-Authenticate: Basic realm=\"x\"\r\n"));
    }
    // The repository's name is none of what the artifact looks at.
    if (!artifact_.answerFor(head, peer)) peer.send(answer("200 OK", artifact_.module));
  }};
  OciConfig config_;
};

TEST_F(RegistryImagesTest, GiveNobodyTheOperatorsPassword) {
  const auto refused = pull({});
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().reason, "unauthorized");
  ImageSource::Access other;
  other.registries = {registry_.name() + "/other/*", registry_.name() + "/acme/application"};
  EXPECT_TRUE(pull(other).has_error());
  EXPECT_EQ(requestsWithThePassword(), 0u);
}

TEST_F(RegistryImagesTest, GiveItForTheRepositoriesThatATenantMayHave) {
  ImageSource::Access access;
  access.registries = {registry_.name() + "/acme/*"};
  const auto pulled = pull(access);
  EXPECT_TRUE(pulled.has_value()) << pulled.error().message;
  EXPECT_GT(requestsWithThePassword(), 0u);
}

TEST_F(RegistryImagesTest, GiveItToAnOperator) {
  ImageSource::Access access;
  access.isOperator = true;
  const auto pulled = pull(access);
  EXPECT_TRUE(pulled.has_value()) << pulled.error().message;
}

TEST_F(RegistryImagesTest, DoNotGiveItToAMirrorEither) {
  OciConfig mirrored;
  mirrored.registries[registry_.name()] = config_.registries[registry_.name()];
  mirrored.registries["registry.invalid"].mirror = registry_.name();
  RegistryImages images(*store_, DeployConfig(), [&] { return mirrored; });
  EXPECT_TRUE(images.resolve("registry.invalid/acme/app:v1", {}, "").has_error());
  EXPECT_THAT(registry_.requests(), ::testing::Not(::testing::IsEmpty()));
  EXPECT_EQ(requestsWithThePassword(), 0u);
}

TEST_F(RegistryImagesTest, GiveUpWhenTheyAreAskedTo) {
  std::stop_source stop;
  stop.request_stop();
  ImageSource::Access access;
  access.stop = stop.get_token();
  const auto given = pull(access);
  ASSERT_TRUE(given.has_error());
  EXPECT_EQ(given.error().reason, "cancelled");
  RegistryImages images(*store_, DeployConfig(), [this] { return config_; });
  const auto resolved = images.resolve(registry_.name() + "/acme/app:v1", access, "");
  ASSERT_TRUE(resolved.has_error());
  EXPECT_EQ(resolved.error().reason, "cancelled");
  EXPECT_THAT(registry_.requests(), SizeIs(0));
}

}  // namespace
}  // namespace skiff::testing
