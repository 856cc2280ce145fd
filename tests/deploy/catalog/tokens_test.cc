#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "deploy/catalog/bounds.h"
#include "tests/deploy/catalog/catalog_fixture.h"

namespace skiff {
namespace {

using testing::CatalogTest;
using ::testing::ElementsAre;
using testing::errorOf;
using ::testing::HasSubstr;
using testing::kAlways;
using testing::numbers;
using ::testing::StartsWith;

class Tokens : public CatalogTest {
 protected:
  Tokens() { putTenant("acme"); }
  TokenRecord add(TokenRecord token, std::string_view hash) {
    auto added = catalog().addToken("test", std::move(token), hash);
    EXPECT_TRUE(added.has_value()) << errorOf(added);
    return added.has_value() ? *added : TokenRecord();
  }
  static TokenRecord tokenOf(std::string_view tenant) {
    TokenRecord token;
    token.tenant = tenant;
    token.scope = tenant.empty() ? Scope::operator_ : Scope::tenantAdmin;
    token.note = "laptop";
    return token;
  }
};
using Answers = Tokens;

TEST_F(Tokens, AreFoundByTheirHashAlsoByTheNextProcess) {
  const std::string hash("\0\x01\xFF hash", 8);
  const auto admin = add(tokenOf("acme"), hash);
  const auto root = add(tokenOf(""), "another");
  EXPECT_EQ(admin.id.size(), 16U);
  EXPECT_EQ(admin.id.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(admin.id, root.id);
  EXPECT_EQ(admin.created, now());
  reopen();
  EXPECT_EQ(*catalog().findToken(hash), admin);
  EXPECT_EQ(*catalog().findToken("another"), root);
  EXPECT_EQ(*catalog().token(admin.id), admin);
  EXPECT_THAT(errorOf(catalog().findToken(hash.substr(0, 7))), StartsWith("notFound: "));
  EXPECT_THAT(errorOf(catalog().findToken("")), StartsWith("notFound: "));
  EXPECT_THAT(errorOf(catalog().token("none")), StartsWith("notFound: "));
}

TEST_F(Tokens, KeepTheIdThatTheyCameWith) {
  TokenRecord token = tokenOf("acme");
  token.id = "0123456789abcdef";
  EXPECT_EQ(add(token, "hash").id, token.id);
}

TEST_F(Tokens, AreOfTenantsThatAreThere) {
  EXPECT_THAT(errorOf(catalog().addToken("test", tokenOf("nobody"), "hash")),
              StartsWith("notFound: there is no tenant \"nobody\""));
  EXPECT_THAT(errorOf(catalog().findToken("hash")), StartsWith("notFound: "));
}

TEST_F(Tokens, OfOneHashAreNotAddedTwice) {
  add(tokenOf("acme"), "hash");
  EXPECT_THAT(errorOf(catalog().addToken("test", tokenOf(""), "hash")), StartsWith("storage: "));
  EXPECT_EQ(catalog().findToken("hash")->tenant, "acme");
}

TEST_F(Tokens, AreListedInTheOrderOfTheirMaking) {
  putTenant("other");
  const auto first = add(tokenOf("acme"), "1");
  const auto second = add(tokenOf("other"), "2");
  const auto third = add(tokenOf("acme"), "3");
  const auto fourth = add(tokenOf(""), "4");
  EXPECT_THAT(*catalog().tokens("acme"), ElementsAre(first, third));
  EXPECT_THAT(*catalog().tokens(""), ElementsAre(first, second, third, fourth));
  EXPECT_TRUE(catalog().tokens("nobody")->empty());
}

TEST_F(Tokens, AreGoodForNothingOnceDeleted) {
  const auto token = add(tokenOf("acme"), "hash");
  ASSERT_TRUE(catalog().remember(token.id, "key", {"hash", 200, "body"}).has_value());
  ASSERT_TRUE(catalog().deleteToken("test", token.id).has_value());
  EXPECT_THAT(errorOf(catalog().findToken("hash")), StartsWith("notFound: "));
  EXPECT_THAT(errorOf(catalog().deleteToken("test", token.id)), StartsWith("notFound: "));
  EXPECT_FALSE(catalog().remembered(token.id, "key")->has_value());
}

TEST_F(Tokens, GoWithTheOneThatTheyWereMadeWith) {
  const auto make = [&](const char* tenant, const std::string& parent, const char* hash) {
    TokenRecord token = tokenOf(tenant);
    token.parent = parent;
    return add(token, hash);
  };
  putTenant("other");
  const auto first = make("", "", "first");
  const auto root = make("", first.id, "root");
  const auto admin = make("acme", root.id, "admin");
  const auto child = make("acme", admin.id, "child");
  const auto grandchild = make("acme", child.id, "grandchild");
  const auto other = make("other", first.id, "other");
  EXPECT_EQ(grandchild.parent, child.id);
  EXPECT_EQ(*catalog().token(grandchild.id), grandchild);
  ASSERT_TRUE(catalog().remember(child.id, "key", {"hash", 200, "body"}).has_value());

  ASSERT_TRUE(catalog().deleteToken("token x", admin.id).has_value());
  EXPECT_THAT(*catalog().tokens(""), ElementsAre(first, root, other));
  EXPECT_THAT(errorOf(catalog().findToken("grandchild")), StartsWith("notFound: "));
  EXPECT_FALSE(catalog().remembered(child.id, "key")->has_value());
  const auto log = *catalog().audit("acme", 0, 3);
  ASSERT_EQ(log.size(), 3U);
  for (std::size_t i = 0; i < log.size(); ++i) {
    EXPECT_EQ(log[i].action, "token.delete");
    EXPECT_EQ(log[i].actor, "token x");
    EXPECT_EQ(log[i].subject, (std::array{admin, child, grandchild})[i].id);
  }
  EXPECT_THAT(log[2].before, HasSubstr("\"parent\":\"" + child.id + "\""));

  make("acme", root.id, "another");
  ASSERT_TRUE(catalog().deleteToken("token x", first.id).has_value());
  EXPECT_TRUE(catalog().tokens("")->empty()) << "the first one's too, of whatever tenant";
  EXPECT_EQ(catalog().audit("other", 0, 1)->front().subject, other.id);
}

TEST_F(Tokens, AreMadeWithOneThatHoldsAndDoNotOutlastIt) {
  TokenRecord brief = tokenOf("acme");
  brief.expires = now() + 1'000;
  const auto parent = add(brief, "parent");
  TokenRecord child = tokenOf("acme");
  child.parent = parent.id;
  EXPECT_EQ(add(child, "1").expires, parent.expires);
  child.expires = now() + 2'000;
  EXPECT_EQ(add(child, "2").expires, parent.expires);
  child.expires = now() + 500;
  EXPECT_EQ(add(child, "3").expires, child.expires);
  now_ += std::chrono::milliseconds(1'000);
  EXPECT_THAT(errorOf(catalog().addToken("test", child, "4")), StartsWith("notFound: "));
  child.parent = "none";
  EXPECT_THAT(errorOf(catalog().addToken("test", child, "5")), StartsWith("notFound: "));
}

TEST_F(Tokens, ExpireAtTheTimeTheySay) {
  TokenRecord token = tokenOf("acme");
  token.expires = now() + 1'000;
  token = add(token, "hash");
  now_ += std::chrono::milliseconds(999);
  EXPECT_EQ(*catalog().findToken("hash"), token);
  now_ += std::chrono::milliseconds(1);
  EXPECT_THAT(errorOf(catalog().findToken("hash")),
              StartsWith("notFound: there is no such token, or it has expired"));
  EXPECT_EQ(*catalog().token(token.id), token) << "it is still listed";

  now_ += catalog_bounds::kExpiredToken;
  const auto next = add(tokenOf("acme"), "next");
  EXPECT_THAT(*catalog().tokens("acme"), ElementsAre(token, next));
  now_ += std::chrono::milliseconds(1);
  add(tokenOf(""), "an operator's");
  EXPECT_EQ(catalog().tokens("acme")->size(), 2U) << "one tenant's do not concern another's";
  const auto last = add(tokenOf("acme"), "last");
  EXPECT_THAT(*catalog().tokens("acme"), ElementsAre(next, last));
}

TEST_F(Tokens, AreSoManyForOneTenantAndNoMore) {
  alter(
      "INSERT INTO tokens (id, hash, scope, tenant, note, revision, created, expires) SELECT "
      "value, CAST(value AS BLOB), 'tenant-read', 'acme', '', value, 0, 0"
      " FROM " +
      numbers(1, catalog_bounds::kTokensOfTenant));
  EXPECT_THAT(errorOf(catalog().addToken("test", tokenOf("acme"), "hash")),
              StartsWith("full: there are 1000 such tokens"));
  add(tokenOf(""), "hash");
}

TEST_F(Answers, AreRememberedByTokenAndKeyAlsoByTheNextProcess) {
  const RememberedAnswer answer{"hash", 201, R"({"version":"v1"})"};
  ASSERT_TRUE(catalog().remember("1", "key", answer).has_value());
  reopen();
  EXPECT_EQ(**catalog().remembered("1", "key"), answer);
  EXPECT_FALSE(catalog().remembered("2", "key")->has_value());
  EXPECT_FALSE(catalog().remembered("1", "other")->has_value());
  EXPECT_EQ(catalog().audit("", 0, 10)->size(), 1U) << "they are no change";
}

TEST_F(Answers, StayAsTheyWereGivenFirst) {
  const RememberedAnswer first{"hash", 201, "first"};
  ASSERT_TRUE(catalog().remember("1", "key", first).has_value());
  ASSERT_TRUE(catalog().remember("1", "key", {"hash", 200, "second"}).has_value());
  EXPECT_EQ(**catalog().remembered("1", "key"), first);
}

TEST_F(Answers, AreForgottenAfterADay) {
  ASSERT_TRUE(catalog().remember("1", "key", {"hash", 201, "first"}).has_value());
  now_ += catalog_bounds::kAnswerAge - std::chrono::milliseconds(1);
  EXPECT_TRUE(catalog().remembered("1", "key")->has_value());
  now_ += std::chrono::milliseconds(1);
  EXPECT_FALSE(catalog().remembered("1", "key")->has_value());
  ASSERT_TRUE(catalog().remember("1", "key", {"hash", 201, "second"}).has_value());
  EXPECT_EQ((*catalog().remembered("1", "key"))->body, "second");
}

TEST_F(Answers, AreSoManyForOneTokenAndNoMore) {
  ASSERT_TRUE(catalog().remember("2", "key", {"hash", 201, "another's"}).has_value());
  ASSERT_TRUE(catalog().remember("1", "oldest", {"hash", 201, "body"}).has_value());
  now_ += std::chrono::milliseconds(1);
  ASSERT_TRUE(catalog().remember("1", "old", {"hash", 201, "body"}).has_value());
  alter("INSERT INTO answers SELECT '1', value, 'hash', 200, x'00', " + std::to_string(now() + 1) +
        " FROM " + numbers(3, catalog_bounds::kAnswersOfToken));
  EXPECT_TRUE(catalog().remembered("1", "oldest")->has_value());
  now_ += std::chrono::milliseconds(2);
  ASSERT_TRUE(catalog().remember("1", "newest", {"hash", 201, "body"}).has_value());
  EXPECT_FALSE(catalog().remembered("1", "oldest")->has_value());
  EXPECT_TRUE(catalog().remembered("1", "old")->has_value());
  EXPECT_TRUE(catalog().remembered("1", "newest")->has_value());
  EXPECT_TRUE(catalog().remembered("2", "key")->has_value());
}

TEST_F(Answers, ThatAreTooLargeAreRefused) {
  const std::string largest(catalog_bounds::kAnswerSize, 'x');
  EXPECT_TRUE(catalog().remember("1", "largest", {"hash", 200, largest}).has_value());
  EXPECT_THAT(errorOf(catalog().remember("1", "larger", {"hash", 200, largest + "x"})),
              StartsWith("full: "));
}

}  // namespace
}  // namespace skiff
