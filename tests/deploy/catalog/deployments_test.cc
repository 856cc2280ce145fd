#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "deploy/catalog/bounds.h"
#include "tests/deploy/catalog/catalog_fixture.h"

namespace skiff {
namespace {

using testing::CatalogTest;
using testing::deploymentOf;
using ::testing::ElementsAre;
using testing::errorOf;
using ::testing::Field;
using testing::ifMatches;
using testing::kAlways;
using testing::kIfAbsent;
using testing::kIfPresent;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;
using testing::versionNamed;

class AnApp : public CatalogTest {
 protected:
  AnApp() {
    putTenant("acme");
    putApp("acme", "web");
  }
  std::vector<std::string> versionNames() {
    std::vector<std::string> names;
    for (const auto& version : *catalog().versions("acme", "web", 1'000)) {
      names.push_back(version.version);
    }
    return names;
  }
};
using Versions = AnApp;
using Deployments = AnApp;

TEST_F(Versions, StayAsTheyWereAddedAlsoForTheNextProcess) {
  VersionRecord version = versionNamed("acme", "web", "v1");
  const auto added = catalog().addVersion("token 1", version);
  ASSERT_TRUE(added.has_value()) << errorOf(added);
  EXPECT_TRUE(added->created);
  version.created = now();
  version.createdBy = "token 1";
  EXPECT_EQ(added->record, version);
  reopen();
  EXPECT_EQ(*catalog().version("acme", "web", "v1"), version);
}

TEST_F(Versions, ThatAreThereAlreadyAreWhatComesBack) {
  const auto first = addVersion("acme", "web", "v1");
  now_ += std::chrono::seconds(1);
  VersionRecord again = versionNamed("acme", "web", "v1");
  again.reference = "elsewhere";
  again.signature = SignatureVerdict::missing;
  const auto added = catalog().addVersion("someone", again);
  ASSERT_TRUE(added.has_value()) << errorOf(added);
  EXPECT_FALSE(added->created);
  EXPECT_EQ(added->record, first);
  EXPECT_EQ(catalog().audit("", 0, 10)->size(), 3U) << "nothing was changed";
}

TEST_F(Versions, TakeASignatureThatIsFoundLater) {
  VersionRecord expected = versionNamed("acme", "web", "v1");
  expected.signature = SignatureVerdict::unchecked;
  const auto first = catalog().addVersion("test", expected);
  ASSERT_TRUE(first.has_value()) << errorOf(first);
  expected = first->record;
  for (const char* key : {"signed by a", "signed by b", "signed by b"}) {
    now_ += std::chrono::seconds(1);
    VersionRecord found = versionNamed("acme", "web", "v1");
    found.reference = "elsewhere";
    found.signature = SignatureVerdict::verified;
    found.signatureDetail = key;
    const auto added = catalog().addVersion("someone", found);
    ASSERT_TRUE(added.has_value()) << errorOf(added);
    EXPECT_FALSE(added->created);
    expected.signature = SignatureVerdict::verified;
    expected.signatureDetail = key;
    EXPECT_EQ(added->record, expected);
  }
  reopen();
  EXPECT_EQ(*catalog().version("acme", "web", "v1"), expected);
  const auto audit = catalog().audit("", 0, 10);
  EXPECT_EQ(audit->size(), 5U) << "what was known already is no change";
  EXPECT_EQ(audit->front().action, "version.verify");
  EXPECT_EQ(audit->front().actor, "someone");
}

TEST_F(Versions, OfOneNameAndTwoDigestsAreRefused) {
  addVersion("acme", "web", "v1");
  VersionRecord other = versionNamed("acme", "web", "v1");
  other.digest = "sha256:forged";
  EXPECT_THAT(errorOf(catalog().addVersion("test", other)), StartsWith("changed: the app \"web\""));
}

TEST_F(Versions, AreOfAppsThatAreThere) {
  EXPECT_THAT(errorOf(catalog().addVersion("test", versionNamed("acme", "api", "v1"))),
              StartsWith("notFound: the tenant \"acme\" has no app \"api\""));
  EXPECT_THAT(errorOf(catalog().version("acme", "web", "v1")),
              StartsWith("notFound: the app \"web\" of the tenant \"acme\" has no version \"v1\""));
  EXPECT_THAT(errorOf(catalog().versions("acme", "api", 9)), StartsWith("notFound: "));
  EXPECT_THAT(errorOf(catalog().pruneVersions("test", "acme", "api", 9)), StartsWith("notFound: "));
}

TEST_F(Versions, AreListedTheNewestFirst) {
  for (const char* name : {"v2", "v3", "v1"}) addVersion("acme", "web", name);
  EXPECT_THAT(versionNames(), ElementsAre("v1", "v3", "v2"));
  EXPECT_EQ(catalog().versions("acme", "web", 2)->size(), 2U);
}

TEST_F(Versions, ArePrunedFromTheOldestButNotWhatIsServedOrRolledBackTo) {
  for (int i = 1; i <= 9; ++i) addVersion("acme", "web", "v" + std::to_string(i));
  deploy("acme", "web", {"v3"});
  deploy("acme", "web", {"v1", "v4"});
  deploy("acme", "web", {"v2"});
  EXPECT_EQ(*catalog().pruneVersions("test", "acme", "web", 9), 0U);
  EXPECT_EQ(*catalog().pruneVersions("test", "acme", "web", 100), 0U);
  EXPECT_EQ(*catalog().pruneVersions("test", "acme", "web", 3), 3U) << "v3, v5 and v6";
  EXPECT_THAT(versionNames(), ElementsAre("v9", "v8", "v7", "v4", "v2", "v1"));
  EXPECT_EQ(*catalog().pruneVersions("test", "acme", "web", 0), 3U);
  EXPECT_THAT(versionNames(), ElementsAre("v4", "v2", "v1"));
  EXPECT_THAT(catalog().content()->trees, UnorderedElementsAre("v1t", "v2t", "v4t"));
}

TEST_F(Versions, ArePrunedWholeWhereNothingIsDeployed) {
  addVersion("acme", "web", "v1");
  addVersion("acme", "web", "v2");
  EXPECT_EQ(*catalog().pruneVersions("test", "acme", "web", 1), 1U);
  EXPECT_THAT(versionNames(), ElementsAre("v2"));
}

/// A version that needs these blobs, and a tree unless its name is empty.
VersionRecord versionOf(const char* tenant, const char* app, const char* name,
                        std::vector<std::string> blobs, std::string tree = {}) {
  VersionRecord version = versionNamed(tenant, app, name);
  version.blobs = std::move(blobs);
  version.tree = std::move(tree);
  return version;
}

const std::vector<ContentSize> kSizes{{"module", 100}, {"layer", 30}, {"tree", 1'000}};

TEST_F(Versions, CountEachContentOfATenantOnce) {
  putApp("acme", "api");
  putTenant("globex");
  putApp("globex", "web");
  const ContentBound bound{.sizes = kSizes};
  const auto add = [&](const VersionRecord& version) {
    ASSERT_TRUE(catalog().addVersion("test", version, bound).has_value());
  };
  EXPECT_EQ(*catalog().contentBytes("acme", {}), 0U);
  add(versionOf("acme", "web", "v1", {"module"}));
  EXPECT_EQ(*catalog().contentBytes("acme", {}), 100U);
  add(versionOf("acme", "web", "v2", {"module", "layer"}, "tree"));
  add(versionOf("acme", "api", "v1", {"layer", "module"}, "tree"));
  add(versionOf("globex", "web", "v1", {"layer"}));
  EXPECT_EQ(*catalog().contentBytes("acme", {}), 1'130U);
  EXPECT_EQ(*catalog().contentBytes("acme", {{"tree", 1'000}, {"layer", 30}, {"new", 7}}), 1'137U);
  EXPECT_EQ(*catalog().contentBytes("globex", {}), 30U);
  EXPECT_EQ(*catalog().contentBytes("globex", {{"tree", 1'000}}), 1'030U);
  EXPECT_EQ(*catalog().contentBytes("initech", {}), 0U);
  ASSERT_EQ(*catalog().pruneVersions("test", "acme", "web", 0), 2U);
  EXPECT_EQ(*catalog().contentBytes("acme", {}), 1'130U) << "the other app has all of it";
  reopen();
  ASSERT_TRUE(catalog().deleteApp("test", "acme", "api", kAlways).has_value());
  EXPECT_EQ(*catalog().contentBytes("acme", {}), 0U);
}

TEST_F(Versions, AreRefusedBeyondWhatTheirTenantMayNeed) {
  const ContentBound bound{.sizes = kSizes, .most = 1'130};
  ASSERT_TRUE(catalog()
                  .addVersion("test", versionOf("acme", "web", "v1", {"module"}, "tree"), bound)
                  .has_value());
  const ContentBound more{.sizes = {{"module", 100}, {"other", 31}}, .most = 1'130};
  EXPECT_THAT(errorOf(catalog().addVersion(
                  "test", versionOf("acme", "web", "v2", {"module", "other"}), more)),
              StartsWith("noRoom: the versions of the tenant \"acme\" would need 1131 bytes of the "
                         "1130 that they may have on disk"));
  EXPECT_THAT(versionNames(), ElementsAre("v1"));
  EXPECT_TRUE(catalog()
                  .addVersion("test", versionOf("acme", "web", "v2", {"module", "layer"}), bound)
                  .has_value());
}

TEST_F(Versions, AreNotMoreThanTheirTenantMayNeedHoweverManyAreAddedAtOnce) {
  constexpr int kThreads = 8;
  std::atomic<int> added = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      const std::string name = "v" + std::to_string(i);
      const ContentBound bound{.sizes = {{name, 40}}, .most = 100};
      if (catalog().addVersion("test", versionOf("acme", "web", name.c_str(), {name}), bound)) {
        ++added;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(added, 2);
  EXPECT_EQ(*catalog().contentBytes("acme", {}), 80U);
}

TEST_F(Versions, NameWhatTheyNeedOnceHoweverManyNeedIt) {
  addVersion("acme", "web", "v1");
  VersionRecord bare = versionNamed("acme", "web", "v2");
  bare.tree.clear();
  ASSERT_TRUE(catalog().addVersion("test", bare).has_value());
  const auto content = catalog().content();
  EXPECT_THAT(content->blobs, UnorderedElementsAre("sha256:v1d", "sha256:v1m", "sha256:v2d",
                                                   "sha256:v2m", "sha256:shared"));
  EXPECT_THAT(content->trees, ElementsAre("v1t"));
}

TEST_F(Versions, GiveTheirTenantAloneAClaimToTheirBlobs) {
  addVersion("acme", "web", "v1");
  EXPECT_TRUE(*catalog().hasBlob("acme", "sha256:v1m"));
  EXPECT_FALSE(*catalog().hasBlob("acme", "sha256:v2m"));
  EXPECT_FALSE(*catalog().hasBlob("other", "sha256:v1m"));
  addVersion("acme", "web", "v2");
  EXPECT_EQ(*catalog().pruneVersions("test", "acme", "web", 1), 1U);
  EXPECT_FALSE(*catalog().hasBlob("acme", "sha256:v1m"));
  EXPECT_TRUE(*catalog().hasBlob("acme", "sha256:shared"));
}

TEST_F(Deployments, AreNumberedAndRollBackToTheOneBefore) {
  addVersion("acme", "web", "v1");
  addVersion("acme", "web", "v2");
  EXPECT_THAT(errorOf(catalog().deployment("acme", "web")),
              StartsWith("notFound: the app \"web\" of the tenant \"acme\" has no deployment yet"));
  EXPECT_THAT(errorOf(catalog().deployment("acme", "api")),
              StartsWith("notFound: the tenant \"acme\" has no app"));

  DeploymentRecord record = deploymentOf("acme", "web", {"v1", "v2"});
  record.split[1].weight = 0;
  record.sticky = "cookie:x";
  record.autoRollback = R"({"window":"1m"})";
  record.cause = DeploymentCause::watch;
  const auto first = catalog().setDeployment("token 1", record, kAlways);
  ASSERT_TRUE(first.has_value()) << errorOf(first);
  record.number = 1;
  record.revision = first->revision;
  record.created = now();
  record.createdBy = "token 1";
  EXPECT_EQ(*first, record);
  EXPECT_EQ(first->rollsBackTo, 0);
  const auto second = deploy("acme", "web", {"v2"});
  EXPECT_EQ(second.number, 2);
  EXPECT_EQ(second.rollsBackTo, 1);

  reopen();
  EXPECT_EQ(*catalog().deployment("acme", "web"), second);
  EXPECT_EQ(*catalog().deployment("acme", "web", 1), *first);
  EXPECT_THAT(*catalog().deployments("acme", "web", 9), ElementsAre(second, *first));
  EXPECT_THAT(*catalog().deployments("acme", "web", 1), ElementsAre(second));
  EXPECT_THAT(errorOf(catalog().deployment("acme", "web", 3)),
              StartsWith("notFound: the app \"web\" of the tenant \"acme\" has no deployment 3"));
  EXPECT_THAT(errorOf(catalog().deployments("acme", "api", 9)), StartsWith("notFound: "));
}

TEST_F(Deployments, ThatAreRollbacksGoFurtherBackNextTime) {
  for (const char* name : {"v1", "v2", "v3"}) {
    addVersion("acme", "web", name);
    deploy("acme", "web", {name});
  }
  const auto fourth = rollBack("acme", "web");
  EXPECT_EQ(fourth.number, 4);
  EXPECT_EQ(fourth.split[0].version, "v2");
  EXPECT_EQ(fourth.rollsBackTo, 1) << "what 2 rolled back to";
  const auto fifth = rollBack("acme", "web");
  EXPECT_EQ(fifth.split[0].version, "v1");
  EXPECT_EQ(fifth.rollsBackTo, 0) << "nowhere";
  EXPECT_EQ(deploy("acme", "web", {"v3"}).rollsBackTo, 5);
}

TEST_F(Deployments, AreOfVersionsThatAreThere) {
  addVersion("acme", "web", "v1");
  EXPECT_THAT(
      errorOf(catalog().setDeployment("test", deploymentOf("acme", "web", {"v1", "v2"}), kAlways)),
      StartsWith("notFound: the app \"web\" of the tenant \"acme\" has no version \"v2\""));
  EXPECT_THAT(
      errorOf(catalog().setDeployment("test", deploymentOf("acme", "api", {"v1"}), kAlways)),
      StartsWith("notFound: the tenant \"acme\" has no app \"api\""));
  EXPECT_TRUE(catalog().deployments("acme", "web", 9)->empty());
}

TEST_F(Deployments, ChangeOnlyUnderTheConditionThatWasGiven) {
  addVersion("acme", "web", "v1");
  const auto set = [&](Precondition condition) {
    return catalog().setDeployment("test", deploymentOf("acme", "web", {"v1"}), condition);
  };
  EXPECT_THAT(errorOf(set(kIfPresent)), StartsWith("changed: the deployment of the app"));
  EXPECT_THAT(errorOf(set(ifMatches(1))), StartsWith("changed: "));
  const auto first = set(kIfAbsent);
  ASSERT_TRUE(first.has_value()) << errorOf(first);
  EXPECT_THAT(errorOf(set(kIfAbsent)), StartsWith("changed: "));
  const auto second = set(ifMatches(first->revision));
  ASSERT_TRUE(second.has_value()) << errorOf(second);
  EXPECT_THAT(errorOf(set(ifMatches(first->revision))), StartsWith("changed: "));
  EXPECT_TRUE(set(kIfPresent).has_value());
}

TEST_F(Deployments, OfLongAgoGoExceptWhereARollbackGoes) {
  addVersion("acme", "web", "v1");
  addVersion("acme", "web", "v2");
  deploy("acme", "web", {"v1"});
  deploy("acme", "web", {"v2"});
  // Rollbacks to the second, which all go on to the first.
  for (std::int64_t i = 0; i < catalog_bounds::kDeployments + 10; ++i) {
    DeploymentRecord record = deploymentOf("acme", "web", {"v2"});
    record.cause = DeploymentCause::autoRollback;
    record.rollsBackTo = 1;
    ASSERT_TRUE(catalog().setDeployment("test", record, kAlways).has_value());
  }
  const auto kept = catalog().deployments("acme", "web", 1'000);
  EXPECT_EQ(static_cast<std::int64_t>(kept->size()), catalog_bounds::kDeployments + 1);
  EXPECT_EQ(kept->back().number, 1);
  EXPECT_THAT(errorOf(catalog().deployment("acme", "web", 2)), StartsWith("notFound: "));

  deploy("acme", "web", {"v1"});
  EXPECT_THAT(errorOf(catalog().deployment("acme", "web", 1)), StartsWith("notFound: "))
      << "nothing goes back there in one step";
  EXPECT_EQ(rollBack("acme", "web").rollsBackTo, 0) << "what is gone cannot be rolled back to";
}

TEST_F(AnApp, IsVisitedWithWhatItTakesToServeIt) {
  for (const char* name : {"v1", "v2", "v3"}) addVersion("acme", "web", name);
  deploy("acme", "web", {"v3"});
  const auto current = deploy("acme", "web", {"v2", "v1"});
  ASSERT_TRUE(catalog().putSecret("test", "acme", "web", "B", "two").has_value());
  ASSERT_TRUE(catalog().putSecret("test", "acme", "web", "A", "one").has_value());
  putApp("acme", "bare");
  putTenant("none");
  putTenant("aaa");
  putApp("aaa", "x");

  std::vector<std::string> visited;
  Catalog::Visitor visitor;
  visitor.tenant = [&](const TenantRecord& tenant) { visited.push_back(tenant.name); };
  visitor.app = [&](const AppRecord& app, const auto& secrets, const auto& deployment,
                    const auto& versions) {
    visited.push_back(app.tenant + "/" + app.name);
    EXPECT_EQ(app, *catalog().app(app.tenant, app.name)) << "others may read meanwhile";
    if (app.name != "web") {
      EXPECT_TRUE(secrets.empty());
      EXPECT_FALSE(deployment.has_value());
      EXPECT_TRUE(versions.empty());
      return;
    }
    EXPECT_THAT(secrets, ElementsAre(std::pair<std::string, std::string>("A", "one"),
                                     std::pair<std::string, std::string>("B", "two")));
    EXPECT_EQ(deployment, current);
    EXPECT_THAT(versions, ElementsAre(*catalog().version("acme", "web", "v2"),
                                      *catalog().version("acme", "web", "v1")));
    putTenant("made-meanwhile");
  };
  const auto done = catalog().visit(visitor);
  ASSERT_TRUE(done.has_value()) << errorOf(done);
  EXPECT_THAT(visited, ElementsAre("aaa", "aaa/x", "acme", "acme/bare", "acme/web", "none"));
}

}  // namespace
}  // namespace skiff
