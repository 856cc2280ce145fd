#include <boost/json.hpp>
#include <chrono>
#include <fstream>
#include <future>
#include <latch>
#include <thread>

#include "deploy/digest.h"
#include "deploy/signature/public_key.h"
#include "server/api/tokens.h"
#include "server/api/watcher.h"
#include "tests/server/api/api_fixture.h"

namespace skiff {
namespace {

namespace json = boost::json;
using testing::HttpAnswer;

// Public keys of nobody: their private ones were thrown away.
constexpr std::string_view kKey =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEAeGArG7nsaEG94WWfBikDILD0jXV\n"
    "A6qEuhLokn55Jp1ZKfneKY4nC60bi1PwwFVSo7XBD1l5G//ioBp+QbaIow==\n"
    "-----END PUBLIC KEY-----\n";
constexpr std::string_view kOtherKey =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEMVU1DQNnVrqqPybLPwdYCwnSL6Cn\n"
    "rTlRE8bbKFKmtJJMfmrtTbzIJ9IIZuecoExjuqEyoNqirKgyQZ2bkdZaTw==\n"
    "-----END PUBLIC KEY-----\n";

class ApiOperations : public testing::ApiFixture {
 protected:
  void SetUp() override { start(); }

  /// What a registry gives for the content, with a signature by kKey or none.
  ImageSource::Pulled pulled(const std::string& content, bool isSigned = false) {
    const auto bytes = std::as_bytes(std::span(content));
    const auto digest = blobs_->put(bytes);
    ImageSource::Pulled image{.digest = *digest,
                              .moduleDigest = *digest,
                              .moduleSize = content.size(),
                              .tree = {},
                              .settings = {},
                              .signature = SignatureVerdict::missing,
                              .signatureDetail = "there is none",
                              .blobs = {*digest},
                              .pin = blobs_->pin({*digest})};
    if (isSigned) {
      image.signature = SignatureVerdict::verified;
      image.signatureDetail = "signed by " + PublicKey::parse(std::string(kKey))->fingerprint();
    }
    return image;
  }
  void putPolicy(std::string_view policy, std::string_view key) {
    const json::object body{
        {"signatures", {{"policy", policy}, {"keys", json::array{json::string(key)}}}}};
    const HttpAnswer answer = put("/v1/tenants/acme", json::serialize(body));
    ASSERT_LT(answer.status, 300u) << answer.body;
  }
  AppRuntime::Change loaded() {
    auto change = operations_->loadAll();
    EXPECT_TRUE(change.has_value());
    return *std::move(change);
  }
  static std::string codeOf(const HttpAnswer& answer) {
    return json::parse(answer.body).at("code").as_string().c_str();
  }

  static constexpr const char* kApp = "/v1/tenants/acme/apps/web";
  static inline const std::string kVersions = std::string(kApp) + "/versions";
};

TEST_F(ApiOperations, LoadAfterARestartWhatWasServedBefore) {
  put("/v1/tenants/acme", R"({"limits":{"cpu_ms":7},"clock":"coarse"})");
  makeApp("acme", "web");
  put("/v1/tenants/acme", R"({"limits":{"cpu_ms":7},"clock":"coarse"})");
  put(std::string(kApp) + "/secrets/KEY", R"({"value":"hush"})");
  const std::string first = makeVersion("acme", "web", "one");
  const std::string second = makeVersion("acme", "web", "two");
  put(std::string(kApp) + "/deployment",
      R"({"split":[{"version":")" + first + R"(","weight":95},{"version":")" + second +
          R"(","weight":5}],"sticky":"cookie:user","auto_rollback":{"margin":0.2}})");
  makeApp("globex", "idle");
  const AppSpec before = runtime_.served("acme", "web");
  ASSERT_EQ(before.versions.size(), 2u);
  stop();
  start();
  const AppRuntime::Change change = loaded();
  ASSERT_EQ(change.tenants.size(), 2u);
  EXPECT_EQ(change.tenants[0].second, runtime_.limitsOf("acme"));
  ASSERT_EQ(change.apps.size(), 2u);
  const AppSpec& after = change.apps[0];
  EXPECT_EQ(after.overrideKey.size(), 32u);
  EXPECT_EQ(after.overrideKey, before.overrideKey);
  EXPECT_EQ(after.config, before.config);
  EXPECT_EQ(after.sticky, before.sticky);
  EXPECT_EQ(after.autoRollback, before.autoRollback);
  EXPECT_EQ(after.autoRollback->margin, 0.2);
  EXPECT_EQ(after.deployment, before.deployment);
  ASSERT_EQ(after.versions.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(after.versions[i].name, before.versions[i].name);
    EXPECT_EQ(after.versions[i].module, before.versions[i].module);
    EXPECT_EQ(after.versions[i].weight, before.versions[i].weight);
  }
  EXPECT_TRUE(change.apps[1].versions.empty());
  // Whose the hosts are is known again.
  const std::string admin = makeToken("tenant-admin", "globex");
  EXPECT_EQ(
      ask("PUT", "/v1/tenants/globex/apps/idle", admin, R"({"routes":["web.acme.test/x"]})").status,
      409u);
}

TEST_F(ApiOperations, LeaveOutWhatTheFileHasToo) {
  makeApp("acme", "web");
  makeApp("globex", "web");
  runtime_.fileTenants.insert("acme");
  const AppRuntime::Change change = loaded();
  ASSERT_EQ(change.apps.size(), 1u);
  EXPECT_EQ(change.apps[0].tenant, "globex");
}

TEST_F(ApiOperations, LoadAThousandTenantsQuickly) {
  constexpr std::size_t kTenants = 1'000;
  for (std::size_t i = 0; i < kTenants; ++i) {
    const std::string tenant = "t" + std::to_string(i);
    ASSERT_TRUE(catalog_->putTenant("test", tenant, R"({"limits":{"cpu_ms":20}})", {}));
    ASSERT_TRUE(catalog_->putApp("test", tenant, "web",
                                 R"({"routes":["web.)" + tenant + R"(.test/*"],"env":{"A":"b"}})",
                                 {}));
  }
  const auto begin = std::chrono::steady_clock::now();
  const AppRuntime::Change change = loaded();
  const auto took = std::chrono::steady_clock::now() - begin;
  RecordProperty("milliseconds", static_cast<int>(took / std::chrono::milliseconds(1)));
  EXPECT_EQ(change.apps.size(), kTenants);
  // Ten thousand are to take no more than two seconds; sanitizers and other work need some more.
  EXPECT_LT(took, std::chrono::seconds(2));
}

TEST_F(ApiOperations, RefuseWhatIsNotSignedWhereSignaturesAreRequired) {
  putPolicy("require", kKey);
  makeApp("acme", "web");
  putPolicy("require", kKey);
  EXPECT_EQ(codeOf(post(kVersions, "module", {{"Content-Type", "application/wasm"}})),
            "signature_required");
  images_.pulling = [&](const auto& reference, const SignaturePolicy& policy,
                        const auto&) -> Result<ImageSource::Pulled, ImageSource::Failure> {
    EXPECT_EQ(policy.mode, SignaturePolicy::Mode::require);
    return pulled(reference, reference == "a/signed:1");
  };
  EXPECT_EQ(codeOf(post(kVersions, R"({"image":"a/unsigned:1"})")), "signature_required");
  EXPECT_EQ(post(kVersions, R"({"image":"a/signed:1"})").status, 201u);
  EXPECT_EQ(json::parse(get(kVersions).body).at("items").as_array().size(), 1u);
}

TEST_F(ApiOperations, ServeNothingThatNoneOfTheKeysOfNowHasSigned) {
  makeApp("acme", "web");
  const std::string unsigned_ = makeVersion("acme", "web", "unsigned");
  images_.pulling = [&](const auto&, const auto&,
                        const auto&) -> Result<ImageSource::Pulled, ImageSource::Failure> {
    return pulled("signed", true);
  };
  const HttpAnswer version = post(kVersions, R"({"image":"a/signed:1"})");
  const std::string signed_ = json::parse(version.body).at("version").as_string().c_str();
  deploy("acme", "web", unsigned_);
  put(std::string(kApp) + "/deployment", R"({"split":[{"version":")" + unsigned_ +
                                             R"(","weight":1},{"version":")" + signed_ +
                                             R"(","weight":1}]})");
  const auto servedVersions = [](const AppSpec& app) {
    std::vector<std::string> names;
    for (const VersionSpec& one : app.versions) names.push_back(one.name);
    return names;
  };
  EXPECT_EQ(servedVersions(loaded().apps.at(0)).size(), 2u);
  putPolicy("require", kKey);
  EXPECT_THAT(servedVersions(runtime_.served("acme", "web")), ::testing::ElementsAre(signed_));
  EXPECT_THAT(servedVersions(loaded().apps.at(0)), ::testing::ElementsAre(signed_));
  EXPECT_EQ(codeOf(put(std::string(kApp) + "/deployment",
                       R"({"split":[{"version":")" + unsigned_ + R"(","weight":1}]})")),
            "signature_required");
  // A rollback is no way around it.
  EXPECT_EQ(codeOf(post(std::string(kApp) + "/rollback", "")), "signature_required");
  putPolicy("require", kOtherKey);
  EXPECT_TRUE(loaded().apps.at(0).versions.empty());
  EXPECT_EQ(codeOf(put(std::string(kApp) + "/deployment",
                       R"({"split":[{"version":")" + signed_ + R"(","weight":1}]})")),
            "signature_required");
}

TEST_F(ApiOperations, TakeASignatureThatWasMadeAfterTheVersion) {
  makeApp("acme", "web");
  bool isSigned = false;
  images_.pulling = [&](const auto&, const auto&,
                        const auto&) -> Result<ImageSource::Pulled, ImageSource::Failure> {
    return pulled("content", isSigned);
  };
  const HttpAnswer first = post(kVersions, R"({"image":"a/web:1"})");
  ASSERT_EQ(first.status, 201u) << first.body;
  const std::string version = json::parse(first.body).at("version").as_string().c_str();
  putPolicy("require", kKey);
  const std::string split = R"({"split":[{"version":")" + version + R"(","weight":1}]})";
  EXPECT_EQ(codeOf(put(std::string(kApp) + "/deployment", split)), "signature_required");
  isSigned = true;
  const HttpAnswer again = post(kVersions, R"({"image":"a/web:1"})");
  ASSERT_EQ(again.status, 200u) << again.body;
  EXPECT_EQ(json::parse(again.body).at("signature").at("verdict"), "verified");
  EXPECT_EQ(put(std::string(kApp) + "/deployment", split).status, 200u);
}

TEST_F(ApiOperations, FollowATagAndDeployWhatIsNew) {
  makeApp("acme", "web");
  put(kApp, R"({"watch":{"image":"a/web:latest","interval_s":10}})");
  std::string content = "first";
  images_.resolving =
      [&](const auto&,
          const std::string& known) -> Result<std::optional<std::string>, ImageSource::Failure> {
    const std::string digest =
        sha256Digest({reinterpret_cast<const std::uint8_t*>(content.data()), content.size()});
    if (digest == known) return std::optional<std::string>();
    return std::optional(digest);
  };
  int pulls = 0;
  images_.pulling = [&](const auto&, const auto&,
                        const auto&) -> Result<ImageSource::Pulled, ImageSource::Failure> {
    ++pulls;
    return pulled(content);
  };
  const auto first = operations_->followTag("acme", "web", "a/web:latest", "");
  ASSERT_TRUE(first.has_value()) << first.error().detail;
  EXPECT_EQ(runtime_.served("acme", "web").versions.size(), 1u);
  EXPECT_EQ(*operations_->followTag("acme", "web", "a/web:latest", *first), *first);
  EXPECT_EQ(*operations_->followTag("acme", "web", "a/web:latest", ""), *first);
  EXPECT_EQ(pulls, 1);
  content = "second";
  const auto second = operations_->followTag("acme", "web", "a/web:latest", *first);
  ASSERT_TRUE(second.has_value());
  const json::value deployment = json::parse(get(std::string(kApp) + "/deployment").body);
  EXPECT_EQ(deployment.at("cause"), "watch");
  EXPECT_EQ(deployment.at("created_by"), "skiffd");
  EXPECT_EQ(deployment.at("number"), 2);
  // What was rolled back by hand stays so until there is something new.
  EXPECT_EQ(post(std::string(kApp) + "/rollback", "").status, 200u);
  EXPECT_TRUE(operations_->followTag("acme", "web", "a/web:latest", *first).has_value());
  EXPECT_EQ(json::parse(get(std::string(kApp) + "/deployment").body).at("number"), 3);
  EXPECT_FALSE(operations_->followTag("acme", "web", "a/web:other", "").has_value());
}

TEST_F(ApiOperations, PullWithWhatTheTenantMayHaveUnlessAnOperatorAsks) {
  makeApp("acme", "web");
  put("/v1/tenants/acme", R"({"registries":["r.corp/acme/*"]})");
  images_.pulling = [&](const auto& reference, const auto&,
                        const auto&) -> Result<ImageSource::Pulled, ImageSource::Failure> {
    return pulled(reference);
  };
  images_.resolving =
      [&](const auto&,
          const std::string&) -> Result<std::optional<std::string>, ImageSource::Failure> {
    return std::optional<std::string>("sha256:new");
  };
  ASSERT_EQ(post(kVersions, R"({"image":"r.corp/acme/web:1"})").status, 201u);
  EXPECT_TRUE(images_.lastAccess().isOperator);

  const Caller admin{.actor = "t", .scope = Scope::tenantAdmin, .tenant = "acme", .tokenId = "t"};
  const auto version = operations_->pullVersion(admin, "acme", "web", "r.corp/acme/web:2", {});
  ASSERT_TRUE(version.has_value()) << version.error().detail;
  const ImageSource::Access access = images_.lastAccess();
  EXPECT_FALSE(access.isOperator);
  EXPECT_THAT(access.registries, ::testing::ElementsAre("r.corp/acme/*"));
  EXPECT_TRUE(access.owns(version->record.digest));
  EXPECT_FALSE(access.owns("sha256:" + std::string(64, '0')));

  // What is watched is the tenant's choice, though the daemon pulls it.
  put(kApp, R"({"watch":{"image":"r.corp/acme/web:latest","interval_s":10}})");
  ASSERT_TRUE(
      operations_->followTag("acme", "web", "r.corp/acme/web:latest", "sha256:old").has_value());
  EXPECT_FALSE(images_.lastAccess().isOperator);
  EXPECT_THAT(images_.lastAccess().registries, ::testing::ElementsAre("r.corp/acme/*"));

  EXPECT_FALSE(images_.lastAccess().stop.stop_requested());
  operations_->cancel();
  EXPECT_TRUE(images_.lastAccess().stop.stop_requested());
}

TEST_F(ApiOperations, TrustNoAppsOriginToLeadToAPrivateAddress) {
  makeApp("acme", "web");
  ASSERT_EQ(put(kApp, R"({"origin":"http://origin.example"})").status, 200u);
  EXPECT_FALSE(runtime_.served("acme", "web").config.trustedOrigin);
  EXPECT_FALSE(loaded().apps.at(0).config.trustedOrigin);
}

TEST_F(ApiOperations, WatchTagsForAsLongAsAppsAskForIt) {
  std::atomic<int> looks = 0;
  images_.resolving =
      [&](const auto&,
          const std::string&) -> Result<std::optional<std::string>, ImageSource::Failure> {
    ++looks;
    return std::optional<std::string>();
  };
  makeApp("acme", "web");
  Watcher watcher(*operations_, std::chrono::milliseconds(1));
  put(kApp, R"({"watch":{"image":"a/web:latest","interval_s":10}})");
  while (looks < 3) std::this_thread::yield();
  EXPECT_EQ(put(kApp, "{}").status, 200u);
  EXPECT_TRUE(operations_->watched().all().empty());
  watcher.stop();
}

TEST_F(ApiOperations, RemoveWhatNoVersionNeedsWhenTheStoreIsFull) {
  stop();
  versionsKept_ = 1;
  blobCap_ = ByteSize(100'000);
  start();
  makeApp("acme", "web");
  // Each fills two fifths of the store.
  for (int i = 0; i < 6; ++i) {
    const std::string version =
        makeVersion("acme", "web", std::to_string(i) + std::string(20'000, 'x'));
    deploy("acme", "web", version);
  }
  EXPECT_LE(blobs_->bytes(), 100'000u);
  const HttpAnswer large =
      post(kVersions, std::string(150'000, 'x'), {{"Content-Type", "application/wasm"}});
  EXPECT_EQ(large.status, 507u);
  EXPECT_EQ(codeOf(large), "storage_full");
}

TEST_F(ApiOperations, PruneAppsThatAreNeverDeployed) {
  std::string content(20'000, 'x');
  stop();
  versionsKept_ = 1;
  blobCap_ = ByteSize(100'000);
  start();
  makeApp("acme", "web");
  for (int i = 0; i < 6; ++i) {
    content.at(0) = static_cast<char>('0' + i);
    makeVersion("acme", "web", content);
  }
  EXPECT_LE(blobs_->bytes(), 100'000u);
}

TEST_F(ApiOperations, PruneAnAppWhoseTenantHasAsMuchAsItMay) {
  std::string content(30'000, 'x');
  stop();
  versionsKept_ = 2;
  tenantBlobsMax_ = ByteSize(100'000);
  start();
  makeApp("acme", "web");
  for (int i = 0; i < 6; ++i) {
    content.at(0) = static_cast<char>('0' + i);
    makeVersion("acme", "web", content);
  }
  EXPECT_EQ(json::parse(get(kVersions).body).at("items").as_array().size(), 3u);
}

TEST_F(ApiOperations, RefuseMoreContentThanATenantMayHave) {
  stop();
  tenantBlobsMax_ = ByteSize(100'000);
  start();
  makeApp("acme", "web");
  makeApp("acme", "api");
  makeApp("globex", "web");
  const std::string shared(60'000, 'x');
  makeVersion("acme", "web", shared);
  makeVersion("acme", "api", shared);
  const HttpAnswer refused =
      post(kVersions, std::string(60'000, 'y'), {{"Content-Type", "application/wasm"}});
  EXPECT_EQ(refused.status, 507u);
  EXPECT_EQ(codeOf(refused), "storage_full");
  EXPECT_THAT(refused.body, ::testing::HasSubstr("would need 120000 bytes of the 100000"));
  EXPECT_THAT(refused.body, ::testing::HasSubstr("raise [deploy] tenant_blobs_max"));
  EXPECT_EQ(blobs_->bytes(), 60'000u) << "it is not even stored";
  makeVersion("acme", "web", std::string(40'000, 'y'));
  makeVersion("globex", "web", std::string(60'000, 'y'));
  EXPECT_EQ(remove("/v1/tenants/acme/apps/web").status, 204u);
  makeVersion("acme", "api", std::string(40'000, 'z'));
}

TEST_F(ApiOperations, CountLayersAndFilesOfImagesForTheirTenant) {
  stop();
  tenantBlobsMax_ = ByteSize(100'000);
  start();
  makeApp("acme", "web");
  const auto image = [&](const std::string& module, const std::string& layer,
                         const std::string& tree) {
    ImageSource::Pulled pulled = this->pulled(module);
    const auto stored = blobs_->put(std::as_bytes(std::span(layer)));
    pulled.blobs.push_back(*stored);
    if (!tree.empty()) {
      auto writer = blobs_->beginTree("abc");
      EXPECT_TRUE((*writer)->reserve(tree.size()).has_value());
      std::ofstream((*writer)->folder() / "file") << tree;
      EXPECT_TRUE((*writer)->commit().has_value());
      pulled.tree = "abc";
    }
    pulled.pin = blobs_->pin({pulled.moduleDigest, *stored, pulled.tree});
    return pulled;
  };
  ImageSource::Pulled next;
  images_.pulling = [&](const auto&, const auto&,
                        const auto&) -> Result<ImageSource::Pulled, ImageSource::Failure> {
    return std::move(next);
  };
  next = image("small", std::string(30'000, 'l'), "");
  ASSERT_EQ(post(kVersions, R"({"image":"r.test/web:1"})").status, 201u);
  const std::uint64_t before = blobs_->bytes();
  next = image("other", std::string(30'000, 'l'), std::string(80'000, 't'));
  const HttpAnswer refused = post(kVersions, R"({"image":"r.test/web:2"})");
  EXPECT_EQ(refused.status, 507u) << refused.body;
  EXPECT_EQ(codeOf(refused), "storage_full");
  ASSERT_GT(blobs_->bytes(), before + 80'000);

  // The next collection, as it comes when the store is full.
  stop();
  blobCap_ = ByteSize(before + 40'000);
  start();
  makeApp("globex", "web");
  makeVersion("globex", "web", std::string(35'000, 'g'));
  EXPECT_EQ(blobs_->bytes(), before + 35'000);
}

TEST_F(ApiOperations, RemoveWhatWasRefused) {
  makeApp("acme", "web");
  runtime_.preparing = [](const AppSpec&,
                          const VersionSpec&) -> Result<AppRuntime::Prepared, AppRuntime::Refusal> {
    return AppRuntime::Refusal{AppRuntime::Refusal::Kind::module, "It is no module.", {}};
  };
  EXPECT_EQ(post(kVersions, "refused", {{"Content-Type", "application/wasm"}}).status, 422u);
  // Beside the requests, as soon as nothing needs it any more.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (blobs_->bytes() != 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_EQ(blobs_->bytes(), 0u);
}

TEST_F(ApiOperations, HoldATenantToItsShareHoweverMuchIsUploadedAtOnce) {
  stop();
  tenantBlobsMax_ = ByteSize(100'000);
  start();
  makeApp("acme", "web");
  // All have found room before one is added.
  std::latch prepared(4);
  runtime_.preparing = [&](const AppSpec&, const VersionSpec&) {
    prepared.arrive_and_wait();
    return Result<AppRuntime::Prepared, AppRuntime::Refusal>(testing::preparedAs("wasi"));
  };
  std::vector<std::future<unsigned>> answers;
  for (char content : {'a', 'b', 'c', 'd'}) {
    answers.push_back(std::async(std::launch::async, [&, content] {
      return post(kVersions, std::string(40'000, content), {{"Content-Type", "application/wasm"}})
          .status;
    }));
  }
  std::vector<unsigned> statuses;
  for (auto& answer : answers) statuses.push_back(answer.get());
  EXPECT_THAT(statuses, ::testing::UnorderedElementsAre(201u, 201u, 507u, 507u));
}

TEST_F(ApiOperations, RefuseModulesInTheRuntimesWords) {
  makeApp("acme", "web");
  runtime_.preparing = [](const AppSpec& app,
                          const VersionSpec&) -> Result<AppRuntime::Prepared, AppRuntime::Refusal> {
    EXPECT_EQ(app.tenant, "acme");
    return AppRuntime::Refusal{AppRuntime::Refusal::Kind::module,
                               "It imports \"env\".\"x\", which skiff does not have.",
                               {}};
  };
  const HttpAnswer answer = post(kVersions, "module", {{"Content-Type", "application/wasm"}});
  EXPECT_EQ(answer.status, 422u);
  EXPECT_EQ(codeOf(answer), "module_refused");
  EXPECT_NE(answer.body.find("which skiff does not have"), std::string::npos);
  EXPECT_TRUE(json::parse(get(kVersions).body).at("items").as_array().empty());
}

TEST_F(ApiOperations, MakeTheFirstOperatorsTokenOnce) {
  const auto mode = std::filesystem::status(directory_.path() / "operator.token").permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(operator_.size(), 47u);
  EXPECT_TRUE(operator_.starts_with("skf_"));
  const std::string before = operator_;
  stop();
  start();
  EXPECT_EQ(operator_, before);
  EXPECT_EQ(get("/v1/tenants").status, 200u);
  // Without one that holds, there is a new one.
  const json::value tokens = json::parse(get("/v1/tokens").body);
  remove("/v1/tokens/" + std::string(tokens.at("items").at(0).at("id").as_string()));
  EXPECT_EQ(get("/v1/tenants").status, 401u);
  stop();
  start();
  EXPECT_NE(operator_, before);
  EXPECT_EQ(get("/v1/tenants").status, 200u);
}

}  // namespace
}  // namespace skiff
