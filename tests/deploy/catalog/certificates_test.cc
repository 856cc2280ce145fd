#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deploy/catalog/bounds.h"
#include "tests/deploy/catalog/catalog_fixture.h"

namespace skiff {
namespace {

using testing::CatalogTest;
using ::testing::HasSubstr;
using testing::kAlways;
using ::testing::Not;

constexpr std::string_view kKey = "-----BEGIN PRIVATE KEY----- correct horse battery staple";

class CatalogCertificates : public CatalogTest {
 protected:
  CatalogCertificates() { putTenant("acme"); }

  static CertificateRecord record(const std::string& host, const std::string& tenant = "acme") {
    CertificateRecord record;
    record.host = host;
    record.tenant = tenant;
    record.chain = "-----BEGIN CERTIFICATE-----";
    record.summary = R"({"subject":"CN=a"})";
    return record;
  }
  std::vector<std::string> visited() {
    std::vector<std::string> all;
    EXPECT_TRUE(catalog()
                    .visitCertificates([&](const CertificateRecord& one, std::string_view key) {
                      all.push_back(one.tenant + " " + one.host + " " + std::string(key));
                    })
                    .has_value());
    return all;
  }
};

TEST_F(CatalogCertificates, AreReadBackWithTheirKeysAlsoByTheNextProcess) {
  const auto put = catalog().putCertificate("token 1", record("a.test"), kKey);
  ASSERT_TRUE(put.has_value());
  EXPECT_TRUE(put->created);
  EXPECT_EQ(put->record.createdBy, "token 1");
  EXPECT_EQ(put->record.created, now());
  EXPECT_FALSE(catalog().putCertificate("token 2", record("a.test"), "other")->created);
  ASSERT_TRUE(catalog().putCertificate("token 1", record("*.a.test"), kKey).has_value());
  reopen();
  EXPECT_EQ(visited(),
            (std::vector<std::string>{"acme *.a.test " + std::string(kKey), "acme a.test other"}));
  EXPECT_EQ(catalog().certificate("acme", "a.test")->createdBy, "token 2");
  EXPECT_EQ(catalog().certificates("acme", "*.a.test", 10)->size(), 1u);
}

TEST_F(CatalogCertificates, HaveTheirKeysInNoFile) {
  ASSERT_TRUE(catalog().putCertificate("token 1", record("a.test"), kKey).has_value());
  EXPECT_THAT(rawBytes(), HasSubstr("BEGIN CERTIFICATE"));
  EXPECT_THAT(rawBytes(), Not(HasSubstr("correct horse")));
  const auto audit = catalog().audit("acme", 0, 1);
  EXPECT_EQ(audit->front().action, "certificate.put");
  EXPECT_EQ(audit->front().subject, "a.test");
  EXPECT_EQ(audit->front().after, R"({"subject":"CN=a"})");
}

TEST_F(CatalogCertificates, BelongToOneTenantAndGoWithIt) {
  putTenant("globex");
  ASSERT_TRUE(catalog().putCertificate("token 1", record("a.test"), kKey).has_value());
  EXPECT_EQ(catalog().putCertificate("token 1", record("a.test", "globex"), kKey).error().kind,
            CatalogError::Kind::taken);
  EXPECT_EQ(catalog().certificate("globex", "a.test").error().kind, CatalogError::Kind::notFound);
  EXPECT_EQ(catalog().deleteCertificate("token 1", "globex", "a.test").error().kind,
            CatalogError::Kind::notFound);
  EXPECT_EQ(catalog().putCertificate("token 1", record("b.test", "none"), kKey).error().kind,
            CatalogError::Kind::notFound);
  ASSERT_TRUE(catalog().deleteTenant("token 1", "acme", kAlways).has_value());
  EXPECT_TRUE(visited().empty());
  EXPECT_TRUE(catalog().putCertificate("token 1", record("a.test", "globex"), kKey).has_value());
}

TEST_F(CatalogCertificates, AreAsManyAsATenantMayHave) {
  for (std::int64_t i = 0; i < catalog_bounds::kCertificatesOfTenant; ++i) {
    ASSERT_TRUE(
        catalog().putCertificate("t", record("h" + std::to_string(i) + ".test"), kKey).has_value());
  }
  EXPECT_EQ(catalog().putCertificate("t", record("more.test"), kKey).error().kind,
            CatalogError::Kind::full);
  EXPECT_TRUE(catalog().putCertificate("t", record("h1.test"), kKey).has_value());
}

TEST_F(CatalogCertificates, ThatAreThereKeepTheCatalogFromAnotherKey) {
  ASSERT_TRUE(catalog().putCertificate("t", record("a.test"), kKey).has_value());
  close();
  std::filesystem::remove(keyFile_);
  const auto opened = tryToOpen();
  ASSERT_FALSE(opened.has_value());
  EXPECT_THAT(opened.error().message, HasSubstr("put it back, from a backup"));
}

}  // namespace
}  // namespace skiff
