// How a registry is reached and how it lets us in: TLS, credentials, tokens, redirects, mirrors.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "deploy/oci/pull.h"
#include "tests/deploy/oci/certificates.h"
#include "tests/deploy/oci/pull_fixture.h"
#include "tests/deploy/oci/registry.h"
#include "tests/deploy/oci/scripted_registry.h"
#include "tests/deploy/oci/token_signer.h"

namespace skiff::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

const std::string kModule = coreModule(std::string(10'000, 'm'));

/// Pushes one wasm artifact to "registry/t/app:v1".
void pushTo(const std::string& registry, const std::vector<std::string>& options = {}) {
  OciLayout layout;
  layout.tag("v1", layout.addManifest({"application/vnd.wasm.config.v0+json", "{}", ""},
                                      {{"application/wasm", kModule, ""}}));
  std::vector<std::string> all{"--preserve-digests"};
  all.insert(all.end(), options.begin(), options.end());
  push(layout, "v1", registry + "/t/app:v1", all);
}

/// A registry behind TLS that wants a user name and a password.
class GuardedRegistryTest : public ::testing::Test {
 protected:
  static constexpr const char* kPassword = "pass:w\xc3\xb6rd";

  static void SetUpTestSuite() {
    certificates_ = std::make_unique<Certificates>("IP:127.0.0.1,DNS:localhost");
    secrets_ = std::make_unique<TemporaryDirectory>();
    secrets_->write("htpasswd",
                    "robot:" +
                        outputOf("/usr/bin/perl",
                                 {"-e", "print crypt($ARGV[0], '$2y$05$' . 'a' x 22)", kPassword}) +
                        "\n");
    registry_ = std::make_unique<Registry>(RegistrySetup{
        .http = "  tls: {certificate: " + certificates_->certificate().string() +
                ", key: " + certificates_->key().string() + "}",
        .auth =
            "auth: {htpasswd: {realm: x, path: " + (secrets_->path() / "htpasswd").string() + "}}",
        .middleware = "",
        .proxy = ""});
    pushTo(registry_->name(), {"--dest-creds", "robot:" + std::string(kPassword)});
  }
  static void TearDownTestSuite() {
    registry_.reset();
    secrets_.reset();
    certificates_.reset();
  }

  PullOptions options() const {
    PullOptions options;
    options.limits = quickLimits();
    RegistrySettings& settings = options.config.registries[registry_->name()];
    settings.ca = certificates_->ca();
    settings.username = "robot";
    settings.passwordFile = folder_.path() / "password";
    return options;
  }
  OciResult<PullResult> attempt(const PullOptions& options) const {
    return pull(registry_->name() + "/t/app:v1", options, *store_);
  }

  static std::unique_ptr<Certificates> certificates_;
  static std::unique_ptr<TemporaryDirectory> secrets_;
  static std::unique_ptr<Registry> registry_;
  TemporaryDirectory folder_;
  TemporaryStore store_;
};

std::unique_ptr<Certificates> GuardedRegistryTest::certificates_;
std::unique_ptr<TemporaryDirectory> GuardedRegistryTest::secrets_;
std::unique_ptr<Registry> GuardedRegistryTest::registry_;

TEST_F(GuardedRegistryTest, LetsInWhoHasThePassword) {
  folder_.write("password", std::string(kPassword) + "\n");
  const auto result = attempt(options());
  ASSERT_TRUE(result.has_value()) << errorOf(result).message;
  EXPECT_EQ(*store_->read(result->module, 1_MiB), kModule);
}

TEST_F(GuardedRegistryTest, ThePasswordIsReadWhenItIsNeeded) {
  const PullOptions before = options();
  const OciError missing = errorOf(attempt(before));
  EXPECT_EQ(missing.kind, OciError::Kind::unauthorized);
  EXPECT_THAT(missing.message,
              AllOf(HasSubstr((folder_.path() / "password").string()), HasSubstr("No such file")));
  folder_.write("password", "wr0ng");
  const OciError wrong = errorOf(attempt(before));
  EXPECT_EQ(wrong.kind, OciError::Kind::unauthorized);
  EXPECT_THAT(wrong.message,
              AllOf(HasSubstr("check username and password_file"), Not(HasSubstr("wr0ng"))));
  folder_.write("password", kPassword);
  EXPECT_TRUE(attempt(before).has_value());
}

TEST_F(GuardedRegistryTest, WithoutCredentialsNobodyIsLetIn) {
  PullOptions anonymous = options();
  anonymous.config.registries[registry_->name()].username.clear();
  anonymous.config.registries[registry_->name()].passwordFile.reset();
  const OciError error = errorOf(attempt(anonymous));
  EXPECT_EQ(error.kind, OciError::Kind::unauthorized);
  EXPECT_THAT(error.message, HasSubstr("wants a user name and a password"));
}

TEST_F(GuardedRegistryTest, AnAuthorityThatIsNotConfiguredIsNotTrusted) {
  folder_.write("password", kPassword);
  PullOptions strange = options();
  strange.config.registries[registry_->name()].ca.reset();
  const OciError error = errorOf(attempt(strange));
  EXPECT_EQ(error.kind, OciError::Kind::tls);
  EXPECT_THAT(error.message, AllOf(HasSubstr("has a certificate that is not to be trusted"),
                                   HasSubstr("name its certificate as ca")));
}

TEST_F(GuardedRegistryTest, TheSystemsAuthoritiesAreTrusted) {
  folder_.write("password", kPassword);
  folder_.write("authority.pem", readFile(certificates_->ca()));
  outputOf("/usr/bin/openssl", {"rehash", folder_.path().string()});
  PullOptions usual = options();
  usual.config.registries[registry_->name()].ca.reset();
  ::setenv("SSL_CERT_DIR", folder_.path().c_str(), 1);
  const auto result = attempt(usual);
  ::unsetenv("SSL_CERT_DIR");
  EXPECT_TRUE(result.has_value()) << errorOf(result).message;
}

TEST_F(GuardedRegistryTest, AnAuthoritysFileThatCannotBeUsedIsNamed) {
  PullOptions strange = options();
  auto& ca = strange.config.registries[registry_->name()].ca;
  ca = folder_.path() / "none.pem";
  const OciError missing = errorOf(attempt(strange));
  EXPECT_EQ(missing.kind, OciError::Kind::tls);
  EXPECT_THAT(missing.message, HasSubstr("none.pem\" cannot be opened"));
  folder_.write("junk.pem", "junk");
  ca = folder_.path() / "junk.pem";
  EXPECT_THAT(errorOf(attempt(strange)).message, HasSubstr("holds no certificate in PEM"));
}

TEST_F(GuardedRegistryTest, IsReachedByItsNameToo) {
  folder_.write("password", kPassword);
  const std::string name = "localhost:" + std::to_string(registry_->port());
  PullOptions named = options();
  named.config.registries[name] = named.config.registries[registry_->name()];
  const auto result = pull(name + "/t/app:v1", named, *store_);
  EXPECT_TRUE(result.has_value()) << errorOf(result).message;
}

TEST_F(GuardedRegistryTest, ACertificateOfAnotherHostIsRefused) {
  const Certificates others("DNS:other.example,IP:127.0.0.2");
  const Registry registry({.http = "  tls: {certificate: " + others.certificate().string() +
                                   ", key: " + others.key().string() + "}",
                           .auth = "",
                           .middleware = "",
                           .proxy = ""});
  for (const std::string host : {"127.0.0.1:", "localhost:"}) {
    const std::string name = host + std::to_string(registry.port());
    PullOptions options;
    options.limits = quickLimits();
    options.config.registries[name].ca = others.ca();
    const OciError error = errorOf(pull(name + "/t/app:v1", options, *store_));
    EXPECT_EQ(error.kind, OciError::Kind::tls) << error.message;
    EXPECT_THAT(error.message, HasSubstr("mismatch"));
  }
}

TEST_F(GuardedRegistryTest, PlainHttpIsNotSpokenUnlessConfiguredNorTlsIfItIs) {
  PullOptions plain = options();
  plain.config.registries[registry_->name()] = {};
  plain.config.registries[registry_->name()].plainHttp = true;
  EXPECT_EQ(errorOf(attempt(plain)).kind, OciError::Kind::protocol);
  const ScriptedRegistry open([](const std::string&, Peer& peer) { peer.send(answer("200 OK")); });
  PullOptions none;
  none.limits = quickLimits();
  none.limits.privateHosts = true;
  none.limits.attempts = 1;
  none.limits.connect = std::chrono::milliseconds(100);
  EXPECT_TRUE(pull(open.name() + "/t/app:v1", none, *store_).has_error());
  EXPECT_THAT(open.requests(), SizeIs(0));
}

TEST_F(GuardedRegistryTest, ARedirectFromTlsToPlainHttpIsNotFollowed) {
  const ScriptedRegistry elsewhere(
      [](const std::string&, Peer& peer) { peer.send(answer("200 OK", kModule)); });
  Registry redirecting(
      {.http = "  tls: {certificate: " + certificates_->certificate().string() +
               ", key: " + certificates_->key().string() + "}",
       .auth = "",
       .middleware =
           "middleware: {storage: [{name: redirect, options: {baseurl: " + elsewhere.url() + "}}]}",
       .proxy = ""});
  OciLayout layout;
  layout.tag("v1", layout.addManifest({"application/vnd.wasm.config.v0+json", "{}", ""},
                                      {{"application/wasm", kModule, ""}}));
  push(layout, "v1", redirecting.name() + "/t/app:v1", {"--preserve-digests"});
  PullOptions options;
  options.limits = quickLimits();
  options.config.registries[redirecting.name()].ca = certificates_->ca();
  const OciError error = errorOf(pull(redirecting.name() + "/t/app:v1", options, *store_));
  EXPECT_EQ(error.kind, OciError::Kind::protocol) << error.message;
  EXPECT_THAT(error.message, HasSubstr("redirects to plain HTTP at " + elsewhere.name()));
}

TEST(TokenRegistry, IsReadWithATokenOfTheServerThatItNames) {
  const Certificates certificates("IP:127.0.0.1");
  const TokenSigner signer(certificates);
  const TemporaryDirectory folder;
  folder.write("password", "s3cret");
  std::atomic<bool> grants{true};
  const ScriptedRegistry tokens([&](const std::string& head, Peer& peer) {
    const bool pushes = targetOf(head).find("push") != std::string::npos;
    peer.send(answer("200 OK", "{\"token\":\"" +
                                   signer.token(!grants  ? ""
                                                : pushes ? R"("pull","push")"
                                                         : R"("pull")") +
                                   "\",\"expires_in\":300}"));
  });
  const Registry registry({.http = "",
                           .auth = "auth: {token: {realm: \"" + tokens.url() +
                                   "/token\", service: service, issuer: issuer, rootcertbundle: " +
                                   certificates.ca().string() + "}}",
                           .middleware = "",
                           .proxy = ""});
  pushTo(registry.name());
  PullOptions options = plainOptions(registry.name());
  options.config.registries[tokens.name()].plainHttp = true;
  options.config.registries[registry.name()].username = "robot";
  options.config.registries[registry.name()].passwordFile = folder.path() / "password";
  const std::size_t before = tokens.requests().size();
  const TemporaryStore store;
  const auto result = pull(registry.name() + "/t/app:v1", options, *store);
  ASSERT_TRUE(result.has_value()) << errorOf(result).message;
  // One token for the tag, the manifest and both blobs.
  ASSERT_THAT(tokens.requests(), SizeIs(before + 1));
  const std::string request = tokens.requests().back();
  EXPECT_EQ(targetOf(request), "/token?service=service&scope=repository%3At%2Fapp%3Apull");
  EXPECT_EQ(fieldOf(request, "Authorization"), "Basic cm9ib3Q6czNjcmV0");

  grants = false;
  const TemporaryStore other;
  const OciError error = errorOf(pull(registry.name() + "/t/app:v1", options, *other));
  EXPECT_EQ(error.kind, OciError::Kind::unauthorized) << error.message;
}

TEST(RedirectingRegistry, GivesItsBlobsFromElsewhere) {
  std::filesystem::path storage;
  const ScriptedRegistry files(
      [&](const std::string& head, Peer& peer) { filesOf(storage)(head, peer); });
  const Registry registry({.http = "",
                           .auth = "",
                           .middleware = "middleware: {storage: [{name: redirect, options: "
                                         "{baseurl: \"" +
                                         files.url() + "\"}}]}",
                           .proxy = ""});
  storage = registry.storage();
  pushTo(registry.name());
  const std::size_t before = files.requests().size();
  const TemporaryStore store;
  PullOptions options = plainOptions(registry.name());
  options.config.registries[files.name()].plainHttp = true;
  const auto result = pull(registry.name() + "/t/app:v1", options, *store);
  ASSERT_TRUE(result.has_value()) << errorOf(result).message;
  EXPECT_EQ(*store->read(result->module, 1_MiB), kModule);
  EXPECT_THAT(files.requests(), SizeIs(before + 2));
}

TEST(Mirror, IsAskedFirstAndTheRegistryForWhatItDoesNotGive) {
  Registry registry;
  pushTo(registry.name());
  Registry mirror({.http = "",
                   .auth = "",
                   .middleware = "",
                   .proxy = "proxy: {remoteurl: \"http://" + registry.name() + "\"}"});
  PullOptions options = plainOptions(registry.name());
  options.config.registries[mirror.name()].plainHttp = true;
  options.config.registries[registry.name()].mirror = mirror.name();
  const TemporaryStore first;
  const auto mirrored = pull(registry.name() + "/t/app:v1", options, *first);
  ASSERT_TRUE(mirrored.has_value()) << errorOf(mirrored).message;
  EXPECT_THAT(mirror.log(), HasSubstr("skiff/"));
  EXPECT_THAT(registry.log(), Not(HasSubstr("skiff/")));

  mirror.stop();
  const TemporaryStore second;
  const auto direct = pull(registry.name() + "/t/app:v1", options, *second);
  ASSERT_TRUE(direct.has_value()) << errorOf(direct).message;
  EXPECT_THAT(registry.log(), HasSubstr("skiff/"));

  registry.stop();
  const TemporaryStore third;
  const OciError error = errorOf(pull(registry.name() + "/t/app:v1", options, *third));
  EXPECT_EQ(error.kind, OciError::Kind::unreachable);
  EXPECT_THAT(error.message, HasSubstr("before that, its mirror " + mirror.name()));
}

}  // namespace
}  // namespace skiff::testing
