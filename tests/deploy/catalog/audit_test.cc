#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
using testing::numbers;
using testing::versionNamed;

class TheAuditLog : public CatalogTest {
 protected:
  std::vector<AuditRecord> newest(std::size_t limit, std::string_view tenant = "") {
    auto audit = catalog().audit(tenant, 0, limit);
    EXPECT_TRUE(audit.has_value()) << errorOf(audit);
    return audit.has_value() ? *audit : std::vector<AuditRecord>();
  }
};

TEST_F(TheAuditLog, SaysWhoChangedWhatFromWhatToWhat) {
  ASSERT_TRUE(catalog().putTenant("token 1", "acme", R"({"a":1})", kAlways).has_value());
  now_ += std::chrono::seconds(1);
  const auto put = catalog().putTenant("token 2", "acme", R"({"a":2})", kAlways);
  const Revision second = put->record.revision;
  EXPECT_THAT(newest(9), ElementsAre(AuditRecord{second, now(), "token 2", "tenant.put", "acme", "",
                                                 "", R"({"a":1})", R"({"a":2})"},
                                     AuditRecord{second - 1, now() - 1'000, "token 1", "tenant.put",
                                                 "acme", "", "", "", R"({"a":1})"}));
}

TEST_F(TheAuditLog, HasOneRecordOfEachKindOfChange) {
  struct Case {
    std::string action, app, subject, before, after;
  };
  const std::string split = R"("split":[{"version":"v1","weight":50}])";
  const std::string version = R"({"digest":"sha256:v1d","reference":"registry.example/web:1",)"
                              R"("abi":"wasi","signature":"verified"})";
  const std::string token =
      R"({"scope":"tenant-read","note":"laptop","expires":)" + std::to_string(now() + 1) + "}";
  const std::vector<Case> cases{
      {"tenant.put", "", "", "", "{}"},
      {"app.put", "web", "", "", "{}"},
      {"app.put", "web", "", "{}", "[]"},
      {"version.add", "web", "v1", "", version},
      {"version.add", "web", "v2", "",
       R"({"digest":"sha256:v2d","abi":"wasi","signature":"verified"})"},
      {"deployment.set", "web", "1", "",
       "{\"number\":1," + split + R"(,"cause":"put","rolls_back_to":0})"},
      {"deployment.set", "web", "2",
       "{\"number\":1," + split + R"(,"cause":"put","rolls_back_to":0})",
       "{\"number\":2," + split +
           R"(,"sticky":"ip","auto_rollback":{"window":"1m"},"cause":"watch","rolls_back_to":1})"},
      {"version.prune", "web", "", R"({"versions":["v2"]})", ""},
      {"token.add", "", "0123456789abcdef", "", token},
      {"token.delete", "", "0123456789abcdef", token, ""},
      {"app.delete", "web", "", "[]", ""},
      {"tenant.delete", "", "", "{}", ""},
  };
  ASSERT_TRUE(catalog().putTenant("me", "acme", "{}", kAlways).has_value());
  ASSERT_TRUE(catalog().putApp("me", "acme", "web", "{}", kAlways).has_value());
  ASSERT_TRUE(catalog().putApp("me", "acme", "web", "[]", kAlways).has_value());
  ASSERT_TRUE(catalog().addVersion("me", versionNamed("acme", "web", "v1")).has_value());
  VersionRecord uploaded = versionNamed("acme", "web", "v2");
  uploaded.reference.clear();
  ASSERT_TRUE(catalog().addVersion("me", uploaded).has_value());
  DeploymentRecord deployment = deploymentOf("acme", "web", {"v1"});
  ASSERT_TRUE(catalog().setDeployment("me", deployment, kAlways).has_value());
  deployment.sticky = "ip";
  deployment.autoRollback = R"({"window":"1m"})";
  deployment.cause = DeploymentCause::watch;
  ASSERT_TRUE(catalog().setDeployment("me", deployment, kAlways).has_value());
  ASSERT_TRUE(catalog().pruneVersions("me", "acme", "web", 0).has_value());
  const TokenRecord record{
      "0123456789abcdef", Scope::tenantRead, "acme", "laptop", 0, now() + 1, {}};
  ASSERT_TRUE(catalog().addToken("me", record, "hash").has_value());
  ASSERT_TRUE(catalog().deleteToken("me", record.id).has_value());
  ASSERT_TRUE(catalog().deleteApp("me", "acme", "web", kAlways).has_value());
  ASSERT_TRUE(catalog().deleteTenant("me", "acme", kAlways).has_value());

  auto audit = newest(100);
  ASSERT_EQ(audit.size(), cases.size());
  std::reverse(audit.begin(), audit.end());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Case& expected = cases[i];
    EXPECT_EQ(audit[i], (AuditRecord{audit[0].revision + static_cast<Revision>(i), now(), "me",
                                     expected.action, "acme", expected.app, expected.subject,
                                     expected.before, expected.after}));
  }
}

TEST_F(TheAuditLog, HasNothingOfWhatWasRefused) {
  putTenant("acme");
  EXPECT_TRUE(catalog().putTenant("test", "acme", "{}", ifMatches(99)).has_error());
  EXPECT_TRUE(catalog().putApp("test", "nobody", "web", "{}", kAlways).has_error());
  EXPECT_TRUE(catalog().deleteToken("test", "none").has_error());
  EXPECT_EQ(*catalog().pruneVersions("test", "acme", putApp("acme", "web").name, 0), 0U);
  EXPECT_THAT(newest(9), ElementsAre(Field(&AuditRecord::action, "app.put"),
                                     Field(&AuditRecord::action, "tenant.put")));
  EXPECT_EQ(newest(1)[0].revision, 2) << "no number is used up either";
}

TEST_F(TheAuditLog, IsReadInPages) {
  for (int i = 0; i < 5; ++i) putTenant("t" + std::to_string(i));
  const auto first = *catalog().audit("", 0, 2);
  const auto second = *catalog().audit("", first.back().revision, 2);
  const auto third = *catalog().audit("", second.back().revision, 2);
  EXPECT_THAT(first,
              ElementsAre(Field(&AuditRecord::tenant, "t4"), Field(&AuditRecord::tenant, "t3")));
  EXPECT_THAT(second,
              ElementsAre(Field(&AuditRecord::tenant, "t2"), Field(&AuditRecord::tenant, "t1")));
  EXPECT_THAT(third, ElementsAre(Field(&AuditRecord::tenant, "t0")));
}

TEST_F(TheAuditLog, OfATenantHasNothingOfOthersNorOfAnEarlierOneOfThatName) {
  putTenant("other");
  putTenant("acme");
  putApp("acme", "theirs");
  EXPECT_EQ(newest(9, "acme").size(), 2U);
  ASSERT_TRUE(catalog().deleteTenant("test", "acme", kAlways).has_value());
  EXPECT_EQ(newest(9, "acme").size(), 3U) << "while there is none, its last one can be looked at";
  putTenant("acme");
  putTenant("acme");
  EXPECT_THAT(newest(9, "acme"), ElementsAre(Field(&AuditRecord::action, "tenant.put"),
                                             Field(&AuditRecord::action, "tenant.put")));
  EXPECT_EQ(newest(9).size(), 6U);
}

TEST_F(TheAuditLog, TellsLargeDocumentsByTheirDigest) {
  const std::string fits(catalog_bounds::kAuditedDocument, ' ');
  ASSERT_TRUE(catalog().putTenant("test", "acme", fits, kAlways).has_value());
  ASSERT_TRUE(catalog().putTenant("test", "acme", fits + " ", kAlways).has_value());
  EXPECT_EQ(newest(1)[0].before, fits);
  EXPECT_THAT(newest(1)[0].after,
              ::testing::MatchesRegex(R"(\{"digest":"sha256:[0-9a-f]+","bytes":16385\})"));
  EXPECT_EQ(catalog().tenant("acme")->document, fits + " ");
}

TEST_F(TheAuditLog, ForgetsWhatIsOld) {
  putTenant("old");
  now_ += catalog_bounds::kAuditAge;
  putTenant("young");
  EXPECT_EQ(newest(9).size(), 2U);
  now_ += std::chrono::milliseconds(1);
  putTenant("new");
  EXPECT_THAT(newest(9), ElementsAre(Field(&AuditRecord::tenant, "new"),
                                     Field(&AuditRecord::tenant, "young")));
}

TEST_F(TheAuditLog, ForgetsTheOldestWhereThereIsTooMuch) {
  for (int i = 0; i < 5; ++i) putTenant("t" + std::to_string(i));
  alter("UPDATE catalog SET revision = " + std::to_string(catalog_bounds::kAuditRecords + 2));
  const Revision last = putTenant("last").revision;
  EXPECT_EQ(last, catalog_bounds::kAuditRecords + 3);
  EXPECT_THAT(newest(9),
              ElementsAre(Field(&AuditRecord::revision, last), Field(&AuditRecord::revision, 5),
                          Field(&AuditRecord::revision, 4)));
}

TEST_F(TheAuditLog, ForgetsTheOldestOfATenantThatHasTooMuchAndNoneOfAnother) {
  putTenant("quiet");
  putTenant("loud");
  const auto many = catalog_bounds::kAuditRecordsOfTenant + 100;
  alter("INSERT INTO audit SELECT value, " + std::to_string(now()) +
        ", '', '', 'loud', '', '', '', '' FROM " + numbers(3, many) +
        "; UPDATE catalog SET revision = " + std::to_string(many));
  for (int i = 0; i < 64; ++i) putTenant("loud");
  const auto kept = newest(100'000, "loud").size();
  EXPECT_GE(kept, static_cast<std::size_t>(catalog_bounds::kAuditRecordsOfTenant));
  EXPECT_LE(kept, static_cast<std::size_t>(catalog_bounds::kAuditRecordsOfTenant + 64));
  EXPECT_EQ(newest(9, "quiet").size(), 1U);
}

}  // namespace
}  // namespace skiff
