// The daemon's admin listener over TLS, and the program that speaks to it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <sstream>

#include "tests/e2e/daemon.h"
#include "tests/server/tls/test_certificate.h"
#include "tests/server/tls/tls_client.h"

namespace skiff::e2e {
namespace {

using skiff::testing::TestCertificate;
using skiff::testing::TlsClient;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// A daemon that asks operators for certificates.
class AdminTlsDaemon : public ::testing::Test {
 protected:
  void SetUp() override {
    write("admin", "DNS:localhost, IP:127.0.0.1");
    operator_ = write("ops", "DNS:ops.test");
    std::ofstream(file("skiff.toml"))
        << "[server]\nlisten = [\"127.0.0.1:0\"]\n[admin]\nlisten = \"127.0.0.1:0\"\n"
           "certificate = \"admin.pem\"\nkey = \"admin.key\"\nclient_ca = \"ops.pem\"\n";
    daemon_.emplace(SKIFFD, std::vector<std::string>{"--config", file("skiff.toml")});
    const std::string line = daemon_->waitForLine(Process::Stream::error, "admin on https://");
    ASSERT_NE(line, "") << daemon_->text(Process::Stream::error);
    port_ = static_cast<std::uint16_t>(std::stoul(line.substr(line.rfind(':') + 1)));
    ASSERT_NE(daemon_->waitForLine(Process::Stream::error, "ready: "), "");
    std::ifstream token(file("var/operator.token"));
    std::getline(token, token_);
  }
  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  CertificateConfig write(const std::string& name, const std::string& names) {
    return TestCertificate::make({name, names}).write(folder_ / "", name);
  }
  std::string ask(const std::string& method, const std::string& path,
                  const std::string& body = {}) {
    TlsClient client(port_, {.shows = &operator_});
    return client.ask(
        method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token_ +
        "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n\r\n" + body);
  }
  /// What `skiff` with these words and the operator's files prints, and how it ends.
  std::pair<Ending, std::string> skiff(std::vector<std::string> words,
                                       bool showsCertificate = true) {
    for (const std::string& word : std::vector<std::string>{
             "--admin", "https://127.0.0.1:" + std::to_string(port_), "--ca", file("admin.pem")}) {
      words.push_back(word);
    }
    if (showsCertificate) {
      for (const std::string& word : {std::string("--cert"), operator_.certificate.string(),
                                      std::string("--key"), operator_.key.string()}) {
        words.push_back(word);
      }
    }
    words.insert(words.end(), {"--data-dir", file("var")});
    Process program(SKIFF_CLI, words);
    const Ending ending = program.wait().value_or(Ending{-1, 0});
    return {ending, program.text(Process::Stream::output) + program.text(Process::Stream::error)};
  }

  TemporaryFolder folder_;
  CertificateConfig operator_;
  std::optional<Process> daemon_;
  std::uint16_t port_ = 0;
  std::string token_;
};

TEST_F(AdminTlsDaemon, IsScrapedAndAdministeredByWhomItKnows) {
  EXPECT_THAT(ask("GET", "/metrics"),
              AllOf(StartsWith("HTTP/1.1 200 OK"),
                    HasSubstr("skiff_certificate_expiry_timestamp_seconds{host=\"localhost\"")));
  EXPECT_THAT(ask("PUT", "/v1/tenants/acme", "{}"), StartsWith("HTTP/1.1 201 "));
  EXPECT_THAT(ask("GET", "/v1/audit"), HasSubstr(", certificate ops\""));
  EXPECT_EQ(TlsClient(port_, {}).ask("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"), "");
  // Whoever is refused is counted, and so is what is answered.
  EXPECT_THAT(ask("GET", "/metrics"),
              AllOf(HasSubstr("\nskiff_admin_tls_handshakes_total{outcome=\"full\"} 4\n"),
                    HasSubstr("\nskiff_admin_tls_handshakes_total{outcome=\"refused\"} 1\n"),
                    HasSubstr("\nskiff_admin_requests_total{status=\"201\"} 1\n")));
}

TEST_F(AdminTlsDaemon, IsSpokenToByTheProgram) {
  const auto [ending, text] = skiff({"tenants", "create", "acme"});
  EXPECT_EQ(ending, (Ending{0, 0})) << text;
  const auto [refused, why] = skiff({"tenants"}, false);
  EXPECT_EQ(refused, (Ending{2, 0}));
  EXPECT_THAT(why, HasSubstr("asks for a certificate of yours: --cert FILE --key FILE"));
}

TEST_F(AdminTlsDaemon, SendsStreamsOfEvents) {
  ask("PUT", "/v1/tenants/acme", "{}");
  ask("PUT", "/v1/tenants/acme/apps/web", R"({"routes":["web.test/*"]})");
  TlsClient client(port_, {.shows = &operator_});
  client.send(
      "GET /v1/tenants/acme/apps/web/logs?follow=1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
      "Bearer " +
      token_ + "\r\n\r\n");
  EXPECT_THAT(client.readSome(), HasSubstr("text/event-stream"));
}

TEST_F(AdminTlsDaemon, ReplacesItsCertificateAndAuthoritiesOnSighup) {
  TlsClient before(port_, {.shows = &operator_});
  const std::string serial = before.serial();
  write("admin", "DNS:localhost, IP:127.0.0.1");
  CertificateConfig former = operator_;
  former.certificate = file("former.pem");
  former.key = file("former.key");
  std::filesystem::copy(operator_.certificate, former.certificate);
  std::filesystem::copy(operator_.key, former.key);
  operator_ = write("ops", "DNS:ops.test");
  daemon_->signal(SIGHUP);
  daemon_->waitForLine(Process::Stream::error, "the admin listener's certificate is in use");
  EXPECT_NE(TlsClient(port_, {.shows = &operator_}).serial(), serial);
  EXPECT_THAT(ask("GET", "/readyz"), StartsWith("HTTP/1.1 200 OK"));
  EXPECT_EQ(
      TlsClient(port_, {.shows = &former}).ask("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"),
      "");
  EXPECT_THAT(before.ask("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"),
              StartsWith("HTTP/1.1 200 OK"));
}

TEST(TheAdminListener, RefusesToListenBeyondLoopbackWithoutTls) {
  TemporaryFolder folder;
  std::ofstream(folder / "skiff.toml") << "[admin]\nlisten = \"0.0.0.0:0\"\n";
  Process daemon(SKIFFD, {"--config", (folder / "skiff.toml").string()});
  const auto ending = daemon.wait();
  ASSERT_TRUE(ending);
  EXPECT_NE(ending->code, 0);
  EXPECT_THAT(daemon.text(Process::Stream::error),
              HasSubstr("can be reached from other machines, and tokens would travel to it in the "
                        "clear; add certificate and key to [admin]"));
}

}  // namespace
}  // namespace skiff::e2e
