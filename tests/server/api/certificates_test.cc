// Certificates that are put through the API.
#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "server/tls/certificate_set.h"
#include "tests/server/api/api_fixture.h"
#include "tests/server/tls/test_certificate.h"

namespace skiff {
namespace {

namespace json = boost::json;
using testing::ApiFixture;
using ::testing::HasSubstr;
using testing::HttpAnswer;
using testing::HttpFields;
using ::testing::Not;
using testing::TestCertificate;

class ApiCertificates : public ApiFixture {
 protected:
  void SetUp() override {
    const TestCertificate file = TestCertificate::make({"file", "DNS:file.test, DNS:*.file.test"});
    const std::vector<CertificateConfig> configs{file.write(directory_.path(), "file")};
    auto loaded = CertificateTable::load(configs);
    ASSERT_TRUE(loaded.has_value());
    set_.emplace(loaded->table);
    certificates_ = &*set_;
    start();
    makeApp("acme", "web");  // web.acme.test
  }
  void TearDown() override { stop(); }

  static std::string bodyOf(const std::string& chain, const std::string& key) {
    return json::serialize(json::object{{"certificate", chain}, {"key", key}});
  }
  static std::string bodyOf(const TestCertificate& made) {
    return bodyOf(made.certificate, made.key);
  }
  static std::string good(const std::string& name = "good") {
    return bodyOf(TestCertificate::make({name, "DNS:web.acme.test, DNS:*.wild.test"}));
  }
  static std::string path(const std::string& host, const std::string& tenant = "acme") {
    return "/v1/tenants/" + tenant + "/certificates/" + host;
  }
  static json::value parsed(const HttpAnswer& answer) { return json::parse(answer.body); }
  std::string shownFor(const std::string& host) {
    return set_->server()->certificates()->find(host)->facts().subject;
  }

  std::optional<CertificateSet> set_;
};

TEST_F(ApiCertificates, AreShownAtOnceAndAfterARestart) {
  EXPECT_EQ(shownFor("web.acme.test"), "CN=file");
  const HttpAnswer put = this->put(path("WEB.acme.test"), good("first"));
  ASSERT_EQ(put.status, 201u) << put.body;
  EXPECT_EQ(shownFor("web.acme.test"), "CN=first");
  const json::value view = parsed(put);
  EXPECT_EQ(view.at("host"), "web.acme.test");
  EXPECT_EQ(view.at("subject"), "CN=first");
  EXPECT_EQ(view.at("shown"), true);
  EXPECT_EQ(view.at("key_type"), "EC 256");
  EXPECT_EQ(view.at("fingerprint").as_string().size(), 64u);
  EXPECT_THAT(put.body, Not(HasSubstr("PRIVATE")));
  EXPECT_EQ(parsed(get(path("web.acme.test"))), view);
  EXPECT_EQ(parsed(get("/v1/tenants/acme/certificates")).at("items"), json::array{view});

  ASSERT_EQ(this->put(path("web.acme.test"), good("second")).status, 200u);
  EXPECT_EQ(shownFor("web.acme.test"), "CN=second");
  stop();
  set_->remove("web.acme.test");
  start();
  operations_->loadCertificates();
  EXPECT_EQ(shownFor("web.acme.test"), "CN=second");
  EXPECT_EQ(remove(path("web.acme.test")).status, 204u);
  EXPECT_EQ(shownFor("web.acme.test"), "CN=file");
  EXPECT_EQ(remove(path("web.acme.test")).status, 404u);
  EXPECT_EQ(get(path("web.acme.test")).status, 404u);
}

TEST_F(ApiCertificates, AreKeptEncryptedAndAuditedWithoutTheirKeys) {
  const TestCertificate made = TestCertificate::make({"good", "DNS:web.acme.test"});
  ASSERT_EQ(put(path("web.acme.test"), bodyOf(made)).status, 201u);
  const HttpAnswer audit = get("/v1/audit");
  EXPECT_THAT(audit.body, HasSubstr("certificate.put"));
  EXPECT_THAT(audit.body, HasSubstr("CN=good"));
  EXPECT_THAT(audit.body, Not(HasSubstr("PRIVATE")));
  stop();
  const std::string line = made.key.substr(made.key.find('\n') + 1, 40);
  for (const char* file : {"catalog.db", "catalog.db-wal"}) {
    if (!std::filesystem::exists(directory_.path() / file)) continue;
    EXPECT_EQ(directory_.read(file).find(line), std::string::npos) << file;
  }
}

TEST_F(ApiCertificates, AreForHostsThatTheTenantHasRoutesOn) {
  const std::string token = makeToken("tenant-admin", "acme");
  const HttpFields type{{"Content-Type", "application/json"}};
  EXPECT_EQ(ask("PUT", path("web.acme.test"), token, good(), type).status, 201u);
  const HttpAnswer other = ask("PUT", path("a.wild.test"), token, good(), type);
  EXPECT_EQ(other.status, 422u);
  EXPECT_THAT(other.body, HasSubstr("none on which the tenant has a route"));
  EXPECT_EQ(put(path("a.wild.test"), good()).status, 201u) << "an operator's may be any";
  EXPECT_EQ(put(path("%2A.wild.test"), good()).status, 201u);
  makeApp("globex", "web");
  EXPECT_EQ(ask("GET", path("web.globex.test", "globex"), token).status, 404u);
  // What another tenant has stays its own, whoever asks.
  const HttpAnswer taken = put(path("web.acme.test", "globex"), good());
  EXPECT_EQ(taken.status, 409u);
  EXPECT_EQ(parsed(taken).at("code"), "host_taken");
  const std::string reader = makeToken("tenant-read", "acme");
  EXPECT_EQ(ask("GET", path("web.acme.test"), reader).status, 200u);
  EXPECT_EQ(ask("DELETE", path("web.acme.test"), reader).status, 403u);
}

TEST_F(ApiCertificates, GiveWayToTheFiles) {
  for (const char* host : {"file.test", "*.file.test"}) {
    const HttpAnswer refused =
        put(path(host), bodyOf(TestCertificate::make({"x", "DNS:file.test, DNS:*.file.test"})));
    EXPECT_EQ(refused.status, 409u) << host;
    EXPECT_THAT(refused.body, HasSubstr("The configuration file has a certificate for this host"));
  }
  ASSERT_EQ(put(path("web.acme.test"), good("put")).status, 201u);
  const TestCertificate later = TestCertificate::make({"later", "DNS:web.acme.test"});
  const std::vector<CertificateConfig> configs{later.write(directory_.path(), "later")};
  set_->replaceFiles(CertificateTable::load(configs)->table);
  EXPECT_EQ(shownFor("web.acme.test"), "CN=later");
  EXPECT_EQ(parsed(get(path("web.acme.test"))).at("shown"), false);
}

TEST_F(ApiCertificates, GoWithTheirTenant) {
  ASSERT_EQ(put(path("web.acme.test"), good()).status, 201u);
  ASSERT_EQ(remove("/v1/tenants/acme").status, 204u);
  EXPECT_EQ(shownFor("web.acme.test"), "CN=file");
}

TEST_F(ApiCertificates, AreAsManyAsATenantMayHave) {
  const TestCertificate made = TestCertificate::make({"many", "DNS:*.many.test"});
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(put(path("h" + std::to_string(i) + ".many.test"), bodyOf(made)).status, 201u);
  }
  const HttpAnswer beyond = put(path("more.many.test"), bodyOf(made));
  EXPECT_EQ(beyond.status, 422u);
  EXPECT_THAT(beyond.body, HasSubstr("100 certificates, which is the most"));
  EXPECT_EQ(put(path("h1.many.test"), bodyOf(made)).status, 200u);
}

TEST_F(ApiCertificates, AreCheckedBeforeTheyAreShown) {
  using Kind = TestCertificate::Kind;
  const TestCertificate one = TestCertificate::make({"one", "DNS:web.acme.test"});
  const TestCertificate other = TestCertificate::make({"other", "DNS:web.acme.test"});
  const auto made = [](const std::string& names, Kind kind, long begin, long end) {
    return bodyOf(TestCertificate::make({"bad", names, kind, begin, end}));
  };
  struct Case {
    std::string body;
    std::string key;
    std::string says;
  };
  const std::string kHost = "DNS:web.acme.test";
  const std::vector<Case> cases{
      {"{}", "certificate", "must be a string of PEM"},
      {R"({"certificate":"x","key":"y","more":1})", "more", ""},
      {bodyOf("nothing", one.key), "certificate", "holds no certificate in PEM"},
      {bodyOf(one.certificate, "nothing"), "key", "holds no private key in PEM"},
      {bodyOf(one.certificate, other.key), "key", "does not belong to the first certificate"},
      {bodyOf(one.certificate + other.certificate, one.key), "certificate",
       "certificate 2 has not issued the first certificate"},
      {made(kHost, Kind::p256, -7200, -60), "certificate", "has expired"},
      {made(kHost, Kind::p256, 3600, 7200), "certificate", "is not valid yet"},
      {made(kHost, Kind::rsa1024, -60, 3600), "certificate", "ee key too small"},
      {made("DNS:else.test", Kind::p256, -60, 3600), "certificate",
       "does not name \\\"web.acme.test\\\" in its subjectAltName, which has else.test"},
      {made("", Kind::p256, -60, 3600), "certificate", "which has no host"},
      {bodyOf(std::string(70'000, 'x'), one.key), "certificate", "more than 65536 bytes"},
      {bodyOf(one.certificate, std::string(17'000, 'x')), "key", "more than 16384 bytes"}};
  for (const Case& one_ : cases) {
    const HttpAnswer answer = put(path("web.acme.test"), one_.body);
    EXPECT_EQ(answer.status, 422u) << one_.says << answer.body;
    EXPECT_THAT(answer.body, HasSubstr("\"key\":\"" + one_.key + "\""));
    EXPECT_THAT(answer.body, HasSubstr(one_.says));
    EXPECT_EQ(shownFor("web.acme.test"), "CN=file");
  }
  EXPECT_EQ(put(path("a..b"), good()).status, 422u);
}

}  // namespace
}  // namespace skiff
