#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "deploy/catalog/bounds.h"
#include "deploy/catalog/secret_cipher.h"
#include "tests/deploy/catalog/catalog_fixture.h"

namespace skiff {
namespace {

using testing::CatalogTest;
using ::testing::ElementsAre;
using testing::errorOf;
using ::testing::HasSubstr;
using testing::kAlways;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;

constexpr std::string_view kValue = "correct horse battery staple";

class Secrets : public CatalogTest {
 protected:
  Secrets() {
    putTenant("acme");
    putApp("acme", "web");
  }
  AppRecord put(std::string_view name, std::string_view value) {
    auto put = catalog().putSecret("token 1", "acme", "web", name, value);
    EXPECT_TRUE(put.has_value()) << errorOf(put);
    return put.has_value() ? *put : AppRecord();
  }
  std::string refusal() {
    close();
    const auto opened = tryToOpen();
    return opened.has_value() ? "no error" : opened.error().message;
  }
};

TEST_F(Secrets, AreReadBackByNameAlsoByTheNextProcess) {
  const std::string bytes("\0\xFF\n", 3);
  put("TOKEN", kValue);
  put("EMPTY", "");
  put("BYTES", bytes);
  reopen();
  EXPECT_THAT(*catalog().secrets("acme", "web"),
              ElementsAre(Pair("BYTES", bytes), Pair("EMPTY", ""), Pair("TOKEN", kValue)));
  EXPECT_THAT(*catalog().secretNames("acme", "web"), ElementsAre("BYTES", "EMPTY", "TOKEN"));
  put("TOKEN", "another");
  EXPECT_THAT(*catalog().secrets("acme", "web"),
              ElementsAre(Pair("BYTES", bytes), Pair("EMPTY", ""), Pair("TOKEN", "another")));
}

TEST_F(Secrets, GiveTheirAppANewRevisionWhenTheyChange) {
  const auto before = catalog().app("acme", "web");
  now_ += std::chrono::seconds(1);
  const auto set = put("TOKEN", kValue);
  EXPECT_GT(set.revision, before->revision);
  EXPECT_EQ(set.updated, now());
  EXPECT_EQ(set, *catalog().app("acme", "web"));
  const auto deleted = catalog().deleteSecret("test", "acme", "web", "TOKEN");
  ASSERT_TRUE(deleted.has_value()) << errorOf(deleted);
  EXPECT_GT(deleted->revision, set.revision);
  EXPECT_TRUE(catalog().secretNames("acme", "web")->empty());
}

TEST_F(Secrets, ThatAreNotThereAreNotFound) {
  EXPECT_THAT(errorOf(catalog().deleteSecret("test", "acme", "web", "TOKEN")),
              StartsWith("notFound: the app \"web\" of the tenant \"acme\" has no secret"));
  for (const std::string& error :
       {errorOf(catalog().putSecret("test", "acme", "api", "TOKEN", kValue)),
        errorOf(catalog().deleteSecret("test", "acme", "api", "TOKEN")),
        errorOf(catalog().secretNames("acme", "api")), errorOf(catalog().secrets("acme", "api"))}) {
    EXPECT_THAT(error, StartsWith("notFound: the tenant \"acme\" has no app \"api\""));
  }
}

TEST_F(Secrets, AreInNoFileAsTheyAre) {
  put("TOKEN", kValue);
  put("TOKEN", std::string(kValue).append("!"));
  ASSERT_TRUE(catalog().remember("1", "key", {"hash", 201, std::string(kValue)}).has_value());
  EXPECT_THAT(rawBytes(), HasSubstr("TOKEN")) << "this looks at the log, too";
  EXPECT_THAT(rawBytes(), Not(HasSubstr(kValue)));
  close();
  EXPECT_THAT(rawBytes(), HasSubstr("TOKEN"));
  EXPECT_THAT(rawBytes(), Not(HasSubstr(kValue)));
  const std::string key = folder_.read("secrets.key");
  EXPECT_EQ(key.size(), SecretKey::kSize);
  EXPECT_THAT(rawBytes(keyFile_), Not(HasSubstr(key)));
}

TEST_F(Secrets, AreInTheAuditLogByNameAlone) {
  put("TOKEN", kValue);
  put("TOKEN", "another");
  ASSERT_TRUE(catalog().deleteSecret("test", "acme", "web", "TOKEN").has_value());
  const auto audit = *catalog().audit("acme", 0, 3);
  ASSERT_EQ(audit.size(), 3U);
  constexpr const char* kSet = R"({"set":true})";
  const std::vector<std::vector<std::string>> expected{
      {"secret.delete", kSet, ""}, {"secret.put", kSet, kSet}, {"secret.put", "", kSet}};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_THAT(expected[i], ElementsAre(audit[i].action, audit[i].before, audit[i].after));
    EXPECT_EQ(audit[i].subject, "TOKEN");
    EXPECT_EQ(audit[i].app, "web");
  }
}

TEST_F(Secrets, CannotBeMovedToWhereSomeoneElseReadsThem) {
  put("TOKEN", kValue);
  putTenant("thief");
  putApp("thief", "web");
  alter("INSERT INTO secrets SELECT 'thief', app, name, sealed FROM secrets");
  EXPECT_THAT(errorOf(catalog().secrets("thief", "web")),
              HasSubstr("the secret \"TOKEN\" of the app \"web\" of the tenant \"thief\""));
  bool told = false;
  Catalog::Visitor visitor{[](const TenantRecord&) {},
                           [&](const AppRecord& app, const auto&, const auto&, const auto&) {
                             told = told || app.tenant == "thief";
                           }};
  EXPECT_THAT(errorOf(catalog().visit(visitor)), StartsWith("storage: "));
  EXPECT_FALSE(told);
  EXPECT_TRUE(catalog().secrets("acme", "web").has_value());
}

TEST_F(Secrets, ThatWereChangedOnTheDiskAreRefused) {
  put("TOKEN", kValue);
  alter(
      "UPDATE secrets SET sealed = CAST(substr(sealed, 1, length(sealed) - 1) ||"
      " iif(substr(sealed, -1) = x'00', x'01', x'00') AS BLOB)");
  const std::string once = errorOf(catalog().secrets("acme", "web"));
  alter("UPDATE secrets SET sealed = x'0011'");
  const std::string cut = errorOf(catalog().secrets("acme", "web"));
  EXPECT_THAT(once, HasSubstr("is damaged: put it again, or delete it"));
  EXPECT_THAT(cut, HasSubstr("is damaged"));
  put("TOKEN", "again");
  EXPECT_THAT(*catalog().secrets("acme", "web"), ElementsAre(Pair("TOKEN", "again")));
}

TEST_F(Secrets, AreSealedAnewEachTime) {
  const SecretCipher cipher{SecretKey()};
  const std::string sealed = cipher.seal(kValue, {"a", "b"});
  EXPECT_NE(sealed, cipher.seal(kValue, {"a", "b"}));
  std::string plain;
  EXPECT_TRUE(cipher.open(sealed, {"a", "b"}, plain));
  EXPECT_EQ(plain, kValue);
  EXPECT_FALSE(cipher.open(sealed, {"ab", ""}, plain));
  EXPECT_EQ(plain, "");
  EXPECT_FALSE(cipher.open(sealed, {"a", "b", ""}, plain));
  SecretKey other;
  other.bytes[31] = 1;
  EXPECT_FALSE(SecretCipher(other).open(sealed, {"a", "b"}, plain));
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_FALSE(cipher.open(sealed.substr(0, size), {"a", "b"}, plain));
  }
}

TEST_F(Secrets, AreBoundedInNumberAndSize) {
  const std::string largest(catalog_bounds::kSecretSize, 'x');
  put("LARGEST", largest);
  EXPECT_THAT(errorOf(catalog().putSecret("test", "acme", "web", "LARGER", largest + "x")),
              StartsWith("full: the value of the secret \"LARGER\""));
  for (int i = 1; i < catalog_bounds::kSecretsOfApp; ++i) put(std::to_string(i), "x");
  EXPECT_THAT(errorOf(catalog().putSecret("test", "acme", "web", "ONE-MORE", "x")),
              StartsWith("full: the app \"web\" of the tenant \"acme\" has 256 secrets"));
  put("LARGEST", "changed");
}

TEST_F(Secrets, NeedTheKeyThatTheyWereSealedWith) {
  put("TOKEN", kValue);
  const std::string key = folder_.read("secrets.key");
  folder_.write("secrets.key", std::string(SecretKey::kSize, 'x'));
  EXPECT_THAT(refusal(), HasSubstr("secrets.key\" is not the one that the secrets in the catalog "
                                   "were encrypted with: put the right one there"));
  std::filesystem::remove(keyFile_);
  EXPECT_THAT(refusal(), HasSubstr("secrets.key\" is not there, and the secrets in the catalog are "
                                   "encrypted with what it held: put it back"));
  EXPECT_FALSE(std::filesystem::exists(keyFile_)) << "a new one would be of no use";
  folder_.write("secrets.key", key);
  EXPECT_THAT(refusal(), HasSubstr("may be used by others than its owner: make it private"));
  ::chmod(keyFile_.c_str(), 0600);
  open();
  EXPECT_THAT(*catalog().secrets("acme", "web"), ElementsAre(Pair("TOKEN", kValue)));
}

TEST_F(Secrets, NeedAWholeKey) {
  for (const std::size_t size : {0, 31, 33, 5000}) {
    folder_.write("secrets.key", std::string(size, 'x'));
    EXPECT_THAT(refusal(), ::testing::AnyOf(HasSubstr("bytes instead of 32: restore it"),
                                            HasSubstr("is larger than")));
  }
  std::filesystem::remove(keyFile_);
  std::filesystem::create_directory(keyFile_);
  ::chmod(keyFile_.c_str(), 0700);
  EXPECT_THAT(refusal(), HasSubstr("is a directory"));
}

TEST_F(Secrets, BeginWithANewKeyWhereNoneWereSealed) {
  ASSERT_TRUE(catalog().remember("1", "key", {"hash", 201, "body"}).has_value());
  const std::string first = folder_.read("secrets.key");
  close();
  std::filesystem::remove(keyFile_);
  open();
  EXPECT_NE(folder_.read("secrets.key"), first);
  EXPECT_FALSE(catalog().remembered("1", "key")->has_value()) << "it cannot be read any more";
  put("TOKEN", kValue);
  reopen();
  EXPECT_THAT(*catalog().secrets("acme", "web"), ElementsAre(Pair("TOKEN", kValue)));
}

}  // namespace
}  // namespace skiff
