#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deploy/catalog/bounds.h"
#include "tests/deploy/catalog/catalog_fixture.h"

namespace skiff {
namespace {

using testing::CatalogTest;
using ::testing::ElementsAre;
using testing::errorOf;
using ::testing::Field;
using testing::ifMatches;
using testing::kAlways;
using testing::kIfAbsent;
using testing::kIfPresent;
using testing::numbers;
using ::testing::StartsWith;

class Tenants : public CatalogTest {};
class Apps : public CatalogTest {
 protected:
  Apps() { putTenant("acme"); }
};

TEST_F(Tenants, AreThereOncePutAlsoForTheNextProcess) {
  const auto put = catalog().putTenant("token 1", "acme", R"({"cpu":"1"})", kAlways);
  ASSERT_TRUE(put.has_value()) << errorOf(put);
  EXPECT_TRUE(put->created);
  EXPECT_EQ(put->record,
            (TenantRecord{"acme", R"({"cpu":"1"})", put->record.revision, now(), now()}));
  EXPECT_GT(put->record.revision, 0);
  EXPECT_EQ(*catalog().tenant("acme"), put->record);
  reopen();
  EXPECT_EQ(*catalog().tenant("acme"), put->record);
}

TEST_F(Tenants, KeepTheTimeTheyWereMadeAtWhenTheyArePutAgain) {
  const auto first = putTenant("acme");
  now_ += std::chrono::seconds(5);
  const auto again = catalog().putTenant("test", "acme", R"({"a":1})", kAlways);
  ASSERT_TRUE(again.has_value()) << errorOf(again);
  EXPECT_FALSE(again->created);
  EXPECT_EQ(again->record.document, R"({"a":1})");
  EXPECT_EQ(again->record.created, first.created);
  EXPECT_EQ(again->record.updated, first.updated + 5'000);
  EXPECT_GT(again->record.revision, first.revision);
}

TEST_F(Tenants, ThatAreNotThereAreNotFound) {
  EXPECT_THAT(errorOf(catalog().tenant("acme")), StartsWith("notFound: there is no tenant"));
  EXPECT_THAT(errorOf(catalog().deleteTenant("test", "acme", kAlways)), StartsWith("notFound: "));
  EXPECT_THAT(errorOf(catalog().deleteTenant("test", "acme", ifMatches(1))),
              StartsWith("notFound: "));
}

TEST_F(Tenants, ChangeOnlyUnderTheConditionThatWasGiven) {
  EXPECT_THAT(errorOf(catalog().putTenant("test", "acme", "{}", kIfPresent)),
              StartsWith("changed: "));
  EXPECT_THAT(errorOf(catalog().putTenant("test", "acme", "{}", ifMatches(1))),
              StartsWith("changed: "));
  const auto made = catalog().putTenant("test", "acme", "{}", kIfAbsent);
  ASSERT_TRUE(made.has_value()) << errorOf(made);
  EXPECT_THAT(errorOf(catalog().putTenant("test", "acme", "{}", kIfAbsent)),
              StartsWith("changed: the tenant \"acme\" is there already"));
  EXPECT_TRUE(catalog().putTenant("test", "acme", "{}", kIfPresent).has_value());
  EXPECT_THAT(errorOf(catalog().putTenant("test", "acme", "{}", ifMatches(made->record.revision))),
              StartsWith("changed: "));
  EXPECT_THAT(errorOf(catalog().deleteTenant("test", "acme", ifMatches(made->record.revision))),
              StartsWith("changed: "));
  EXPECT_THAT(errorOf(catalog().deleteTenant("test", "acme", kIfAbsent)), StartsWith("changed: "));

  const auto now = catalog().tenant("acme");
  EXPECT_EQ(now->document, "{}");
  EXPECT_TRUE(catalog().putTenant("test", "acme", "[]", ifMatches(now->revision)).has_value());
  EXPECT_TRUE(catalog()
                  .deleteTenant("test", "acme", ifMatches(catalog().tenant("acme")->revision))
                  .has_value());
}

TEST_F(Tenants, AreListedByNameFromWhereTheLastListEnded) {
  for (const char* name : {"c", "a", "d", "b"}) putTenant(name);
  const auto named = [](const char* name) { return Field(&TenantRecord::name, name); };
  EXPECT_THAT(*catalog().tenants("", 3), ElementsAre(named("a"), named("b"), named("c")));
  EXPECT_THAT(*catalog().tenants("c", 3), ElementsAre(named("d")));
  EXPECT_THAT(*catalog().tenants("bb", 1), ElementsAre(named("c")));
  EXPECT_TRUE(catalog().tenants("d", 3)->empty());
  EXPECT_TRUE(catalog().tenants("", 0)->empty());
}

TEST_F(Tenants, GoWithEverythingTheyHad) {
  putTenant("other");
  putApp("other", "web");
  putTenant("acme");
  putApp("acme", "web");
  addVersion("acme", "web", "v1");
  deploy("acme", "web", {"v1"});
  ASSERT_TRUE(catalog().putSecret("test", "acme", "web", "KEY", "value").has_value());
  TokenRecord token;
  token.tenant = "acme";
  token = *catalog().addToken("test", token, "hash");
  ASSERT_TRUE(catalog().remember(token.id, "key", {"hash", 200, "body"}).has_value());

  ASSERT_TRUE(catalog().deleteTenant("test", "acme", kAlways).has_value());
  EXPECT_THAT(errorOf(catalog().findToken("hash")), StartsWith("notFound: "));
  EXPECT_THAT(errorOf(catalog().token(token.id)), StartsWith("notFound: "));
  EXPECT_FALSE(catalog().remembered(token.id, "key")->has_value());
  EXPECT_TRUE(catalog().content()->blobs.empty());
  EXPECT_TRUE(catalog().content()->trees.empty());

  putTenant("acme");
  EXPECT_TRUE(catalog().apps("acme", "", 10)->empty());
  putApp("acme", "web");
  EXPECT_TRUE(catalog().secretNames("acme", "web")->empty());
  EXPECT_TRUE(catalog().versions("acme", "web", 10)->empty());
  EXPECT_TRUE(catalog().deployments("acme", "web", 10)->empty());
  EXPECT_TRUE(catalog().app("other", "web").has_value());
}

TEST_F(Tenants, CanHaveNamesAndDocumentsOfAnyBytes) {
  const std::string odd("a'; DROP TABLE tenants; --\0\xFF", 28);
  const auto put = catalog().putTenant("test", odd, odd, kAlways);
  ASSERT_TRUE(put.has_value()) << errorOf(put);
  EXPECT_EQ(catalog().tenant(odd)->document, odd);
  EXPECT_THAT(errorOf(catalog().tenant(odd.substr(0, 26))), StartsWith("notFound: "));
}

TEST_F(Tenants, OfTooLargeADocumentAreRefusedAndNothingIsChanged) {
  const std::string huge(17 << 20, 'x');
  EXPECT_THAT(errorOf(catalog().putTenant("test", "acme", huge, kAlways)),
              StartsWith("full: a record has more bytes"));
  EXPECT_THAT(errorOf(catalog().tenant("acme")), StartsWith("notFound: "));
  EXPECT_TRUE(catalog().audit("", 0, 10)->empty());
  putTenant("acme");
}

TEST_F(Apps, AreTheirTenantsAlone) {
  putTenant("other");
  const auto put = catalog().putApp("test", "acme", "web", R"({"routes":["a"]})", kAlways);
  ASSERT_TRUE(put.has_value()) << errorOf(put);
  EXPECT_TRUE(put->created);
  EXPECT_EQ(put->record.overrideKey.size(), 32U);
  EXPECT_EQ(put->record.overrideKey.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(put->record, (AppRecord{"acme", "web", R"({"routes":["a"]})", put->record.overrideKey,
                                    put->record.revision, now(), now()}));
  reopen();
  EXPECT_EQ(*catalog().app("acme", "web"), put->record);
  EXPECT_THAT(errorOf(catalog().app("other", "web")),
              StartsWith("notFound: the tenant \"other\" has no app \"web\""));
  EXPECT_NE(putApp("other", "web").overrideKey, put->record.overrideKey);
  EXPECT_THAT(errorOf(catalog().putApp("test", "nobody", "web", "{}", kAlways)),
              StartsWith("notFound: there is no tenant \"nobody\""));
  EXPECT_THAT(errorOf(catalog().apps("nobody", "", 1)), StartsWith("notFound: "));
}

TEST_F(Apps, KeepTheirOverrideKeyWhenTheyArePutAgain) {
  const auto first = putApp("acme", "web");
  const auto again = catalog().putApp("test", "acme", "web", R"({"routes":["b"]})", kAlways);
  EXPECT_FALSE(again->created);
  EXPECT_EQ(again->record.overrideKey, first.overrideKey);
  EXPECT_EQ(again->record.document, R"({"routes":["b"]})");
  EXPECT_GT(again->record.revision, first.revision);
}

TEST_F(Apps, ChangeOnlyUnderTheConditionThatWasGiven) {
  EXPECT_THAT(errorOf(catalog().putApp("test", "acme", "web", "{}", kIfPresent)),
              StartsWith("changed: "));
  EXPECT_THAT(errorOf(catalog().putApp("test", "acme", "web", "{}", ifMatches(1))),
              StartsWith("changed: "));
  const auto made = catalog().putApp("test", "acme", "web", "{}", kIfAbsent);
  ASSERT_TRUE(made.has_value()) << errorOf(made);
  EXPECT_THAT(errorOf(catalog().putApp("test", "acme", "web", "{}", kIfAbsent)),
              StartsWith("changed: "));
  const auto next = catalog().putApp("test", "acme", "web", "{}", ifMatches(made->record.revision));
  ASSERT_TRUE(next.has_value()) << errorOf(next);
  EXPECT_THAT(errorOf(catalog().deleteApp("test", "acme", "web", ifMatches(made->record.revision))),
              StartsWith("changed: "));
  EXPECT_TRUE(
      catalog().deleteApp("test", "acme", "web", ifMatches(next->record.revision)).has_value());
  EXPECT_THAT(errorOf(catalog().deleteApp("test", "acme", "web", kAlways)),
              StartsWith("notFound: "));
}

TEST_F(Apps, AreListedByNameFromWhereTheLastListEnded) {
  for (const char* name : {"c", "a", "b"}) putApp("acme", name);
  putTenant("other");
  putApp("other", "x");
  const auto named = [](const char* name) { return Field(&AppRecord::name, name); };
  EXPECT_THAT(*catalog().apps("acme", "", 2), ElementsAre(named("a"), named("b")));
  EXPECT_THAT(*catalog().apps("acme", "b", 9), ElementsAre(named("c")));
}

TEST_F(Apps, NumberTheirDeploymentsAnewWhenTheyAreMadeAnew) {
  putApp("acme", "web");
  addVersion("acme", "web", "v1");
  const auto before = deploy("acme", "web", {"v1"});
  ASSERT_TRUE(catalog().deleteApp("test", "acme", "web", kAlways).has_value());
  putApp("acme", "web");
  addVersion("acme", "web", "v1");
  const auto after = deploy("acme", "web", {"v1"});
  EXPECT_EQ(after.number, 1);
  EXPECT_GT(after.revision, before.revision) << "an old ETag never matches again";
}

TEST_F(Apps, AreSoManyForOneTenantAndNoMore) {
  alter("INSERT INTO apps SELECT 'acme', value, '{}', '', 0, 0, 0 FROM " +
        numbers(1, catalog_bounds::kAppsOfTenant));
  EXPECT_THAT(errorOf(catalog().putApp("test", "acme", "one-more", "{}", kAlways)),
              StartsWith("full: the tenant \"acme\" has 1000 apps"));
  EXPECT_TRUE(catalog().putApp("test", "acme", "7", "{}", kAlways).has_value());
  putTenant("other");
  putApp("other", "web");
}

}  // namespace
}  // namespace skiff
