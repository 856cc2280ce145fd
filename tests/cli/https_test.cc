// https addresses: whom the commands trust, and what they show.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/http/transfer.h"
#include "cli/session/credentials.h"
#include "server/admin/admin_server.h"
#include "tests/cli/run.h"
#include "tests/server/tls/test_certificate.h"

namespace skiff::cli {
namespace {

using skiff::testing::TemporaryDirectory;
using skiff::testing::TestCertificate;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// An admin listener over TLS, whose certificate vouches for itself.
class Https : public ::testing::Test {
 protected:
  CertificateConfig make(const std::string& name, const std::string& names, long end = 3600) {
    return TestCertificate::make({.commonName = name, .subjectAltName = names, .end = end})
        .write(folder_.path(), name);
  }
  void start(const CertificateConfig& files, const std::string& clientCa = {}) {
    AdminConfig config;
    config.certificate = files.certificate;
    config.key = files.key;
    config.clientCa = clientCa;
    auto loaded = AdminCertificate::load(config);
    ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
    server_.emplace(AdminHooks{.metrics = [] { return std::string("# HELP a b\nskiff_a 3\n"); },
                               .notReady = [] { return std::vector<std::string>(); },
                               .engine = "V8"},
                    ListenAddress{"127.0.0.1", 0}, nullptr, AdminLimits{},
                    std::move(loaded->certificate));
    ASSERT_TRUE(server_->start().has_value());
  }
  std::string url(const std::string& host = "127.0.0.1") const {
    return "https://" + host + ":" + std::to_string(server_->port());
  }
  std::string errorWith(TlsFiles files, const std::string& host = "127.0.0.1") const {
    AdminAddress address{.host = host, .port = server_->port(), .isEncrypted = true};
    address.tls = std::move(files);
    const auto reply = transfer(address, {.target = "/healthz"});
    if (reply) return reply->status == 200 ? "" : "status " + std::to_string(reply->status);
    return reply.error().message;
  }

  TemporaryDirectory folder_;
  std::optional<AdminServer> server_;
};

TEST_F(Https, TrustsWhomTheAuthorityVouchesFor) {
  const CertificateConfig files = make("admin", "DNS:localhost, IP:127.0.0.1");
  const CertificateConfig other = make("other", "DNS:localhost, IP:127.0.0.1");
  start(files);
  EXPECT_EQ(errorWith({.ca = files.certificate}), "");
  EXPECT_EQ(errorWith({.ca = files.certificate}, "localhost"), "");
  EXPECT_THAT(errorWith({}),
              AllOf(HasSubstr("its certificate cannot be trusted: self-signed certificate"),
                    HasSubstr("--ca FILE or SKIFF_CA")));
  EXPECT_THAT(errorWith({.ca = other.certificate}),
              AllOf(HasSubstr("cannot be trusted"), HasSubstr("does not hold that")));
  EXPECT_THAT(errorWith({.ca = "/no/such.pem"}),
              AllOf(StartsWith("--ca \"/no/such.pem\" cannot be used")));
}

TEST_F(Https, TrustsNobodyUnderAnothersName) {
  const CertificateConfig files = make("admin", "DNS:admin.test");
  start(files);
  EXPECT_THAT(errorWith({.ca = files.certificate}), HasSubstr("IP address mismatch"));
  EXPECT_THAT(errorWith({.ca = files.certificate}, "localhost"),
              AllOf(HasSubstr("hostname mismatch"),
                    HasSubstr("Name the daemon by a host that its certificate is for")));
}

TEST_F(Https, SaysThatACertificateHasExpired) {
  const CertificateConfig files = make("admin", "IP:127.0.0.1", -60);
  start(files);
  EXPECT_THAT(errorWith({.ca = files.certificate}),
              AllOf(HasSubstr("certificate has expired"), HasSubstr("renewed")));
}

TEST_F(Https, ShowsItsCertificateWhereThatIsAskedFor) {
  const CertificateConfig files = make("admin", "IP:127.0.0.1");
  const CertificateConfig mine = make("mine", "DNS:x.test");
  const CertificateConfig stranger = make("stranger", "DNS:x.test");
  start(files, mine.certificate.string());
  const std::string ca = files.certificate;
  EXPECT_EQ(errorWith({.ca = ca, .certificate = mine.certificate, .key = mine.key}), "");
  EXPECT_THAT(errorWith({.ca = ca}), HasSubstr("asks for a certificate of yours: --cert FILE"));
  EXPECT_THAT(errorWith({.ca = ca, .certificate = stranger.certificate, .key = stranger.key}),
              HasSubstr("is it one that its [admin] client_ca vouches for"));
  EXPECT_THAT(errorWith({.ca = ca, .certificate = mine.certificate, .key = stranger.key}),
              HasSubstr("--key"));
}

TEST_F(Https, SaysThatNobodySpeaksItThere) {
  ScriptedServer plain;
  AdminAddress address{.host = "127.0.0.1", .port = plain.port(), .isEncrypted = true};
  const auto reply = transfer(address, {.target = "/"}, {.timeout = std::chrono::seconds(2)});
  ASSERT_FALSE(reply.has_value());
}

TEST_F(Https, IsWhatCommandsSpeakWithTheirOptionsOrVariables) {
  const CertificateConfig files = make("admin", "IP:127.0.0.1");
  start(files, files.certificate.string());
  Place place;
  const Ran ran = place.run({"metrics", "--admin", url(), "--ca", files.certificate, "--cert",
                             files.certificate, "--key", files.key});
  EXPECT_EQ(ran.status, ExitStatus::success) << ran.errors;
  EXPECT_THAT(ran.out, HasSubstr("skiff_a 3"));
  place.variables = {{"SKIFF_ADMIN", url()},
                     {"SKIFF_CA", files.certificate},
                     {"SKIFF_CERT", files.certificate},
                     {"SKIFF_KEY", files.key}};
  EXPECT_EQ(place.run({"metrics"}).status, ExitStatus::success);
  const Ran without = Place().run({"metrics", "--admin", url()});
  EXPECT_EQ(without.status, ExitStatus::failed);
  EXPECT_THAT(without.errors, HasSubstr("cannot be trusted"));
}

TEST_F(Https, RemembersTheFilesOfALogin) {
  Credentials credentials;
  credentials.hosts["prod"] = {
      "https://a.test:9090", "token", "", {"/a/ca.pem", "/a/c.pem", "/a/c.key"}};
  const auto file = folder_.path() / "credentials.json";
  ASSERT_TRUE(writeCredentials(file, credentials).has_value());
  const auto read = readCredentials(file);
  ASSERT_TRUE(read.has_value());
  const TlsFiles& files = read->find("prod")->tls;
  EXPECT_EQ(files.ca, "/a/ca.pem");
  EXPECT_EQ(files.certificate, "/a/c.pem");
  EXPECT_EQ(files.key, "/a/c.key");
}

const std::string kCertificates = "/v1/tenants/acme/certificates";
const std::string kView =
    R"({"host":"a.test","tenant":"acme","subject":"CN=a","issuer":"CN=a","serial":"1",)"
    R"("names":["a.test","b.test"],"key_type":"EC 256","fingerprint":"0123456789abcdef0123",)"
    R"("not_before":"2024-05-01T12:00:00.000Z","not_after":"2024-06-01T12:00:00.000Z",)"
    R"("shown":true,"revision":3,"created":"2024-05-01T12:00:00.000Z","created_by":"token 1"})";

TEST_F(Https, PutsListsAndDeletesCertificates) {
  ScriptedServer server;
  const TestCertificate made = TestCertificate::make({});
  const CertificateConfig files = made.write(folder_.path(), "a");
  const std::string target = kCertificates + "/a%2Etest";
  server.on("PUT " + target, answer(201, kView));
  server.on("GET " + target, answer(200, kView));
  server.on("GET " + kCertificates + "?limit=1000",
            answer(200, R"({"items":[)" + kView + R"(],"next":null})"));
  server.on("DELETE " + target, "HTTP/1.1 204 No Content\r\n\r\n");
  const Place place(server);
  const Ran put = place.run({"certificates", "put", "a.test", files.certificate, files.key});
  EXPECT_EQ(put.status, ExitStatus::success) << put.errors;
  EXPECT_EQ(put.out, "the certificate for a.test is valid until 2024-06-01T12:00:00.000Z\n");
  EXPECT_THAT(server.last("PUT " + target).body,
              AllOf(HasSubstr("BEGIN CERTIFICATE"), HasSubstr("BEGIN PRIVATE KEY")));
  EXPECT_THAT(place.run({"certificates"}).out,
              AllOf(HasSubstr("a.test"), HasSubstr("a.test, b.test"), HasSubstr("ago")));
  EXPECT_THAT(place.run({"certificates", "show", "a.test"}).out, HasSubstr("CN=a"));
  EXPECT_EQ(place.run({"certificates", "delete", "a.test"}).out,
            "the certificate for a.test is gone\n");
  EXPECT_THAT(place.run({"certificates", "put", "a.test", "/no.pem", files.key}).errors,
              HasSubstr("/no.pem"));
}

}  // namespace
}  // namespace skiff::cli
