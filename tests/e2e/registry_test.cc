// Versions from registries: Debian's docker-registry with what skopeo pushes to it, and the ways in
// which a registry is reached, or is not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "tests/deploy/oci/certificates.h"
#include "tests/deploy/oci/scripted_registry.h"
#include "tests/deploy/oci/token_signer.h"
#include "tests/e2e/pulling.h"

namespace skiff::e2e {
namespace {

using ::testing::AllOf;
using testing::Certificates;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::OciLayout;
using testing::Registry;
using testing::RegistrySetup;
using testing::ScriptedRegistry;
using ::testing::SizeIs;
using testing::TemporaryDirectory;

constexpr const char* kHello = "Hello from skiff, you asked for /\n";
constexpr const char* kOciConfig = "application/vnd.oci.image.config.v1+json";
constexpr const char* kWasmToOciLayer = "application/vnd.wasm.content.layer.v1+wasm";

/// A registry that is open to all.
class AnOpenRegistry : public ::testing::Test {
 protected:
  std::string image(const std::string& name) const { return registry_.name() + "/t/" + name; }
  /// Neither a version nor anything unfinished.
  void expectNothingLeft(const std::string& app) {
    EXPECT_THAT(puller_.versions(app), IsEmpty());
    EXPECT_THAT(storeOf(puller_.daemon()).unfinished, IsEmpty());
    EXPECT_THAT(storeOf(puller_.daemon()).trees, IsEmpty());
  }
  /// Where the registry has the bytes of a blob.
  std::filesystem::path fileOf(const std::string& digest) const {
    const std::string hex = digest.substr(7);
    return registry_.storage() / "docker/registry/v2/blobs/sha256" / hex.substr(0, 2) / hex /
           "data";
  }

  Registry registry_;
  Puller puller_{registryTable(registry_.name()) + "[deploy]\nlayer_max = \"64KiB\"\n"};
};

TEST_F(AnOpenRegistry, GivesEveryLayoutThatAModuleIsPushedIn) {
  const std::string module = guestBytes("hello");
  OciLayout layout;
  const auto add = [&](const std::string& tag, const std::string& config,
                       const std::string& layer) {
    layout.tag(tag, layout.addManifest({config, "{}", ""}, {{layer, module, ""}},
                                       R"("artifactType":"application/vnd.acme.wasm")"));
  };
  add("wasm", "application/vnd.wasm.config.v0+json", "application/wasm");
  add("generic", "application/vnd.oci.empty.v1+json", "application/wasm");
  add("wasm-to-oci", "application/vnd.wasm.config.v1+json", kWasmToOciLayer);
  add("solo", "application/vnd.module.wasm.config.v1+json",
      "application/vnd.module.wasm.content.layer.v1+wasm");
  const std::string locked =
      R"({"components":[{"id":"a","source":{"digest":")" + layout.addBlob(module) + R"("}}]})";
  layout.tag("spin", layout.addManifest(
                         {kOciConfig, "{}", ""},
                         {{kWasmToOciLayer, module, ""},
                          {"application/vnd.fermyon.spin.application.v1+config", locked, ""}}));
  for (const std::string tag : {"wasm", "generic", "wasm-to-oci", "solo", "spin"}) {
    SCOPED_TRACE(tag);
    testing::push(layout, tag, image("app:" + tag), {"--preserve-digests"});
    puller_.serve(tag, image("app:" + tag));
    EXPECT_EQ(puller_.get(tag).body, kHello);
  }
}

TEST_F(AnOpenRegistry, SaysOfAVersionWhatItWasPulledAs) {
  const std::string digest = pushModule(image("app:v1"), guestBytes("hello"));
  puller_.addApp("web");
  const ApiReply first = puller_.pull("web", image("app:v1"));
  ASSERT_EQ(first.status, 201) << first.text;
  EXPECT_EQ(first.word("digest"), digest);
  EXPECT_EQ(first.word("reference"), image("app:v1"));
  EXPECT_EQ(first.word("abi"), "http-wasm");
  const ApiReply again = puller_.pull("web", image("app:v1@" + digest));
  EXPECT_EQ(again.status, 200) << again.text;
  EXPECT_EQ(again.word("version"), first.word("version"));
}

TEST_F(AnOpenRegistry, IsNotNeededForWhatWasPulled) {
  const std::string digest = pushModule(image("app:v1"), guestBytes("hello"));
  puller_.serve("web", image("app:v1"));
  registry_.stop();
  puller_.daemon().restart();
  EXPECT_EQ(puller_.get("web").body, kHello);
  // Nor for another app, by the digest.
  puller_.serve("other", image("app@" + digest));
  EXPECT_EQ(puller_.get("other").body, kHello);
  const ApiReply tag = puller_.pull("other", image("app:v1"));
  EXPECT_EQ(tag.status, 502);
  EXPECT_EQ(tag.word("reason"), "unreachable") << tag.text;
}

TEST_F(AnOpenRegistry, DoesNotHaveWhatNobodyPushed) {
  pushModule(image("app:v1"), guestBytes("hello"));
  puller_.addApp("web");
  for (const std::string& name :
       {image("app:v2"), image("nobody:v1"), image("app@sha256:" + std::string(64, '0'))}) {
    const ApiReply reply = puller_.pull("web", name);
    EXPECT_EQ(reply.status, 502) << reply.text;
    EXPECT_EQ(reply.word("code"), "pull_failed");
    EXPECT_EQ(reply.word("reason"), "not_found");
    EXPECT_THAT(reply.word("detail"), HasSubstr(registry_.name()));
  }
  expectNothingLeft("web");
  EXPECT_THAT(storeOf(puller_.daemon()).blobs, IsEmpty());
}

TEST_F(AnOpenRegistry, IsNotBelievedAboutDigests) {
  const std::string module = guestBytes("hello");
  const std::string manifest = pushModule(image("app:v1"), module);
  std::string other = module;
  other.back() ^= 1;
  std::ofstream(fileOf(testing::digestIn(
                    testing::readFile(fileOf(manifest))
                        .substr(testing::readFile(fileOf(manifest)).find("\"layers\"")))),
                std::ios::binary)
      << other;
  puller_.addApp("web");
  const ApiReply reply = puller_.pull("web", image("app:v1"));
  EXPECT_EQ(reply.status, 502) << reply.text;
  EXPECT_EQ(reply.word("reason"), "digest_mismatch");
  expectNothingLeft("web");
}

TEST_F(AnOpenRegistry, MayNotSendMoreThanALayerMayHave) {
  pushModule(image("app:v1"), testing::coreModule(std::string(70'000, 'x')));
  puller_.addApp("web");
  const ApiReply reply = puller_.pull("web", image("app:v1"));
  EXPECT_EQ(reply.status, 502) << reply.text;
  EXPECT_EQ(reply.word("reason"), "too_large");
  EXPECT_THAT(reply.word("detail"), HasSubstr("64"));
  expectNothingLeft("web");
}

TEST_F(AnOpenRegistry, CannotMakeAComponentOrJunkServe) {
  puller_.addApp("web");
  pushModule(image("app:component"), testing::component());
  const ApiReply component = puller_.pull("web", image("app:component"));
  EXPECT_EQ(component.status, 422) << component.text;
  EXPECT_EQ(component.word("code"), "module_refused");
  EXPECT_THAT(component.word("detail"), HasSubstr("is a WebAssembly component"));
  pushModule(image("app:junk"), "junk");
  const ApiReply junk = puller_.pull("web", image("app:junk"));
  EXPECT_EQ(junk.status, 422) << junk.text;
  EXPECT_EQ(junk.word("code"), "module_refused");
  expectNothingLeft("web");
}

TEST_F(AnOpenRegistry, LeavesNothingOfWhatWasRefusedOnceSomethingIsDeployed) {
  puller_.addApp("web");
  pushModule(image("app:component"), testing::component());
  EXPECT_EQ(puller_.pull("web", image("app:component")).status, 422);
  const std::string digest = pushModule(image("app:v1"), guestBytes("hello"));
  const ApiReply good = puller_.pull("web", image("app:v1"));
  ASSERT_EQ(good.status, 201) << good.text;
  ASSERT_EQ(puller_.api().deploy("acme/web", good.word("version")).status, 200);
  EXPECT_TRUE(eventually([&] { return storeOf(puller_.daemon()).blobs.size() == 3; }));
  EXPECT_THAT(storeOf(puller_.daemon()).blobs,
              AllOf(Contains(digest.substr(7)), Contains(good.word("module_digest").substr(7))));
  EXPECT_EQ(puller_.get("web").body, kHello);
}

TEST_F(AnOpenRegistry, TellsTheStepsOfAPullAsTheyHappen) {
  const std::string module = guestBytes("hello");
  pushModule(image("app:v1"), module);
  puller_.addApp("web");
  const std::string events = puller_.pullWithEvents("web", image("app:v1"));
  std::size_t at = 0;
  for (const char* step : {"resolve", "pull", "verify", "prepare"}) {
    const std::size_t found = events.find(R"("step":")" + std::string(step) + '"', at);
    ASSERT_NE(found, std::string::npos) << step << " is not where it should be in\n" << events;
    at = found;
  }
  const std::string all = std::to_string(module.size() + 2);
  EXPECT_THAT(events, HasSubstr(R"("bytes":)" + all + R"(,"total":)" + all));
  EXPECT_THAT(events.substr(at), HasSubstr("event: result\ndata: {\"status\":201,\"body\":{"));
  const std::string failed = puller_.pullWithEvents("web", image("app:v2"));
  EXPECT_THAT(failed, AllOf(HasSubstr("event: error\ndata: {"),
                            HasSubstr(R"("reason":"not_found")"), Not(HasSubstr("event: result"))));
}

TEST_F(AnOpenRegistry, IsFollowedWhereATagMoves) {
  pushModule(image("app:live"), guestBytes("hello"));
  // The first version comes by itself too.
  puller_.addApp("web", R"("watch":{"image":")" + image("app:live") + R"(","interval_s":10})");
  ASSERT_TRUE(eventually([&] { return puller_.get("web").body == kHello; }));
  pushModule(image("app:live"), guestBytes("hello_wat"));
  EXPECT_TRUE(eventually([&] { return puller_.get("web").body == "Hello from wasm"; }));
  EXPECT_EQ(puller_.api().get(appPath("acme/web", "/deployment")).word("cause"), "watch");
  EXPECT_THAT(puller_.versions("web"), SizeIs(2));
  // What it is asked between is answered with nothing to send.
  EXPECT_TRUE(eventually([&] { return registry_.log().find("\" 304 0") != std::string::npos; }));
  registry_.stop();
  puller_.daemon().restart();
  EXPECT_EQ(puller_.get("web").body, "Hello from wasm");
}

TEST(ACutConnection, IsTriedAgainAndGoesOnWhereItWasCut) {
  const testing::ScriptedArtifact artifact(guestBytes("hello"));
  const std::size_t half = artifact.module.size() / 2;
  std::atomic<bool> isWell{false};
  const ScriptedRegistry registry([&](const std::string& head, Peer& peer) {
    if (artifact.answerFor(head, peer)) return;
    const std::string range = testing::fieldOf(head, "Range");
    if (isWell && range == "bytes=" + std::to_string(half) + "-") {
      const std::string total = std::to_string(artifact.module.size());
      peer.send(testing::answer("206 Partial Content", artifact.module.substr(half),
                                "Content-Range: bytes " + std::to_string(half) + "-" +
                                    std::to_string(artifact.module.size() - 1) + "/" + total +
                                    "\r\n"));
      return;
    }
    if (!range.empty()) return;  // and the connection ends
    const std::string whole = testing::answer("200 OK", artifact.module);
    peer.send(whole.substr(0, whole.size() - artifact.module.size() + half));
  });
  Puller puller(registryTable(registry.name()));
  puller.addApp("web");
  const std::string image = registry.name() + "/t/app:v1";
  const ApiReply cut = puller.pull("web", image);
  EXPECT_EQ(cut.status, 502) << cut.text;
  EXPECT_EQ(cut.word("reason"), "unreachable");
  EXPECT_THAT(puller.versions("web"), IsEmpty());
  // What came waits for the next try, and nothing else does.
  EXPECT_THAT(storeOf(puller.daemon()).unfinished,
              ::testing::ElementsAre(HasSubstr(artifact.moduleDigest.substr(7))));
  isWell = true;
  const ApiReply whole = puller.pull("web", image);
  EXPECT_EQ(whole.status, 201) << whole.text;
  EXPECT_THAT(storeOf(puller.daemon()).unfinished, IsEmpty());
}

/// A registry behind TLS that wants a user name and a password.
class AGuardedRegistry : public ::testing::Test {
 protected:
  AGuardedRegistry() {
    folder_.write(
        "htpasswd",
        "robot:" +
            testing::outputOf("/usr/bin/perl",
                              {"-e", "print crypt($ARGV[0], '$2y$05$' . 'a' x 22)", "s3cret"}) +
            "\n");
    registry_ = std::make_unique<Registry>(RegistrySetup{
        .http = "  tls: {certificate: " + certificates_.certificate().string() +
                ", key: " + certificates_.key().string() + "}",
        .auth =
            "auth: {htpasswd: {realm: x, path: " + (folder_.path() / "htpasswd").string() + "}}",
        .middleware = "",
        .proxy = ""});
    pushModule(image(), guestBytes("hello"), {"--dest-creds", "robot:s3cret"});
  }
  std::string image() const { return registry_->name() + "/t/app:v1"; }
  std::string credentials() const {
    return "username = \"robot\"\npassword_file = \"" + (folder_.path() / "password").string() +
           "\"\n";
  }
  /// Beside the password, so that a daemon which knows that may open it later.
  std::string authority() const {
    const std::filesystem::path copy = folder_.path() / "ca.pem";
    std::filesystem::copy_file(certificates_.ca(), copy,
                               std::filesystem::copy_options::overwrite_existing);
    return "ca = \"" + copy.string() + "\"\n";
  }

  Certificates certificates_{"IP:127.0.0.1"};
  TemporaryDirectory folder_;
  std::unique_ptr<Registry> registry_;
};

TEST_F(AGuardedRegistry, LetsInWhoHasThePassword) {
  folder_.write("password", "wr0ng");
  Puller puller(registryTable(registry_->name(), credentials() + authority()));
  puller.addApp("web");
  const ApiReply wrong = puller.pull("web", image());
  EXPECT_EQ(wrong.status, 502) << wrong.text;
  EXPECT_EQ(wrong.word("reason"), "unauthorized");
  EXPECT_THAT(wrong.word("detail"),
              AllOf(HasSubstr("check username and password_file"), Not(HasSubstr("wr0ng"))));
  EXPECT_THAT(puller.versions("web"), IsEmpty());
  EXPECT_THAT(storeOf(puller.daemon()).blobs, IsEmpty());
  folder_.write("password", "s3cret\n");
  puller.serve("other", image());
  EXPECT_EQ(puller.get("other").body, kHello);
}

TEST_F(AGuardedRegistry, IsNotTrustedWithoutItsAuthority) {
  folder_.write("password", "s3cret");
  Puller puller(registryTable(registry_->name(), credentials()));
  puller.addApp("web");
  const ApiReply reply = puller.pull("web", image());
  EXPECT_EQ(reply.status, 502) << reply.text;
  EXPECT_EQ(reply.word("reason"), "tls");
  // A registry's table counts as soon as the configuration is read again.
  puller.daemon().reload(ConfigText{}.text() +
                         registryTable(registry_->name(), credentials() + authority()));
  EXPECT_TRUE(eventually([&] { return puller.pull("web", image()).status == 201; }));
}

TEST(ARegistryWithTokens, IsReadWithOneOfTheServerThatItNames) {
  const Certificates certificates("IP:127.0.0.1");
  const testing::TokenSigner signer(certificates);
  const TemporaryDirectory folder;
  folder.write("password", "s3cret");
  std::atomic<bool> grants{true};
  const ScriptedRegistry tokens([&](const std::string& head, Peer& peer) {
    const bool pushes = testing::targetOf(head).find("push") != std::string::npos;
    const std::string token = signer.token(!grants  ? ""
                                           : pushes ? R"("pull","push")"
                                                    : R"("pull")");
    peer.send(testing::answer("200 OK", R"({"token":")" + token + R"(","expires_in":300})"));
  });
  const Registry registry({.http = "",
                           .auth = "auth: {token: {realm: \"" + tokens.url() +
                                   "/token\", service: service, issuer: issuer, rootcertbundle: " +
                                   certificates.ca().string() + "}}",
                           .middleware = "",
                           .proxy = ""});
  const std::string image = registry.name() + "/t/app:v1";
  pushModule(image, guestBytes("hello"));
  Puller puller(registryTable(registry.name(),
                              "plain_http = true\nusername = \"robot\"\n"
                              "password_file = \"" +
                                  (folder.path() / "password").string() + "\"") +
                registryTable(tokens.name()));
  puller.serve("web", image);
  EXPECT_EQ(puller.get("web").body, kHello);
  EXPECT_EQ(testing::fieldOf(tokens.requests().back(), "Authorization"), "Basic cm9ib3Q6czNjcmV0");
  grants = false;
  puller.addApp("other");
  const ApiReply reply = puller.pull("other", image);
  EXPECT_EQ(reply.word("reason"), "unauthorized") << reply.text;
}

TEST(ARegistryThatRedirects, GivesItsBlobsFromElsewhere) {
  std::filesystem::path storage;
  const ScriptedRegistry files(
      [&](const std::string& head, Peer& peer) { testing::filesOf(storage)(head, peer); });
  const Registry registry({.http = "",
                           .auth = "",
                           .middleware = "middleware: {storage: [{name: redirect, options: "
                                         "{baseurl: \"" +
                                         files.url() + "\"}}]}",
                           .proxy = ""});
  storage = registry.storage();
  const std::string image = registry.name() + "/t/app:v1";
  pushModule(image, guestBytes("hello"));
  const std::size_t before = files.requests().size();
  Puller puller(registryTable(registry.name()) + registryTable(files.name()));
  puller.serve("web", image);
  EXPECT_EQ(puller.get("web").body, kHello);
  EXPECT_THAT(files.requests(), SizeIs(before + 2));
}

TEST(AMirror, IsAskedFirstAndTheRegistryWithoutIt) {
  const Registry registry;
  const std::string image = registry.name() + "/t/app:v1";
  pushModule(image, guestBytes("hello"));
  Registry mirror({.http = "",
                   .auth = "",
                   .middleware = "",
                   .proxy = "proxy: {remoteurl: \"http://" + registry.name() + "\"}"});
  Puller puller(
      registryTable(registry.name(), "plain_http = true\nmirror = \"" + mirror.name() + "\"") +
      registryTable(mirror.name()));
  puller.serve("web", image);
  EXPECT_EQ(puller.get("web").body, kHello);
  EXPECT_THAT(mirror.log(), HasSubstr("skiff/"));
  EXPECT_THAT(registry.log(), Not(HasSubstr("skiff/")));
  mirror.stop();
  puller.serve("other", image);
  EXPECT_EQ(puller.get("other").body, kHello);
  EXPECT_THAT(registry.log(), HasSubstr("skiff/"));
}

}  // namespace
}  // namespace skiff::e2e
