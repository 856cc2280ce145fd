// The admin listener over TLS, as clients see it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <mutex>
#include <vector>

#include "server/admin/admin_server.h"
#include "tests/server/tls/test_certificate.h"
#include "tests/server/tls/tls_client.h"
#include "tests/temporary_directory.h"

namespace skiff {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::TemporaryDirectory;
using testing::TestCertificate;
using testing::TlsClient;

constexpr std::string_view kGet = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

class AdminTls : public ::testing::Test {
 protected:
  CertificateConfig make(const std::string& name, const std::string& names, long end = 3600) {
    return TestCertificate::make({.commonName = name, .subjectAltName = names, .end = end})
        .write(folder_.path(), name);
  }
  AdminConfig config(const std::string& name, const std::string& clientCa = {}) {
    const CertificateConfig files = make(name, "DNS:admin.test, IP:127.0.0.1");
    AdminConfig config;
    config.certificate = files.certificate;
    config.key = files.key;
    config.clientCa = clientCa;
    return config;
  }
  static std::shared_ptr<const AdminCertificate> load(const AdminConfig& config) {
    auto loaded = AdminCertificate::load(config);
    if (loaded.has_error()) throw std::runtime_error(loaded.error().message);
    return loaded->certificate;
  }
  void start(const AdminConfig& config, AdminLimits limits = {}) {
    server_.emplace(AdminHooks{.metrics = [] { return std::string("skiff_isolates 3\n"); },
                               .notReady = [] { return std::vector<std::string>(); },
                               .engine = "V8",
                               .onHandshake =
                                   [this](HandshakeOutcome outcome) {
                                     const std::lock_guard lock(mutex_);
                                     outcomes_.push_back(outcome);
                                   }},
                    ListenAddress{"127.0.0.1", 0}, nullptr, limits, load(config));
    ASSERT_TRUE(server_->start().has_value());
  }
  static std::string ask(std::uint16_t port, const TlsClient::Options& options,
                         std::string_view request = kGet) {
    TlsClient client(port, options);
    return client.ask(request);
  }

  /// How handshakes ended, in their order; the server is over.
  std::vector<HandshakeOutcome> outcomes() {
    server_.reset();
    return outcomes_;
  }

  TemporaryDirectory folder_;
  std::mutex mutex_;
  std::vector<HandshakeOutcome> outcomes_;
  std::optional<AdminServer> server_;
};

TEST_F(AdminTls, AnswersRequestsOfOneConnection) {
  start(config("admin"));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(server_->port(), {.version = version});
    ASSERT_TRUE(client.isConnected()) << client.failure();
    EXPECT_EQ(client.commonName(), "admin");
    for (int i = 0; i < 3; ++i) {
      EXPECT_THAT(client.ask("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n"),
                  AllOf(StartsWith("HTTP/1.1 200 OK"), EndsWith("skiff_isolates 3\n")));
    }
  }
  EXPECT_FALSE(TlsClient(server_->port(), {.version = TLS1_1_VERSION}).isConnected());
}

TEST_F(AdminTls, SaysThatItHasSentEverything) {
  start(config("admin"));
  TlsClient client(server_->port(), {});
  client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.readToEnd(), HasSubstr("\"ok\""));
  EXPECT_TRUE(client.endedProperly());
}

TEST_F(AdminTls, TakesTheHostsOfItsCertificateForItsOwn) {
  start(config("admin"));
  const auto statusFor = [&](const std::string& host) {
    return ask(server_->port(), {}, "GET /healthz HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
        .substr(9, 3);
  };
  EXPECT_EQ(statusFor("admin.test"), "200");
  EXPECT_EQ(statusFor("ADMIN.test:9090"), "200");
  EXPECT_EQ(statusFor("localhost:9090"), "200");
  EXPECT_EQ(statusFor("[::1]:9090"), "200");
  EXPECT_EQ(statusFor("rebound.test"), "421");
}

TEST_F(AdminTls, LetsInOnlyWhoShowsACertificateOfItsAuthority) {
  const CertificateConfig authority = make("operator", "email:ops@a.test");
  const CertificateConfig stranger = make("stranger", "DNS:x.test");
  start(config("admin", authority.certificate.string()));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    EXPECT_THAT(ask(server_->port(), {.version = version, .shows = &authority}),
                StartsWith("HTTP/1.1 200 OK"));
    // With TLS 1.3, a client learns of it when it reads.
    EXPECT_EQ(ask(server_->port(), {.version = version}), "");
    EXPECT_EQ(ask(server_->port(), {.version = version, .shows = &stranger}), "");
  }
}

TEST_F(AdminTls, RefusesACertificateThatHasExpired) {
  const CertificateConfig expired = make("late", "DNS:x.test", -60);
  start(config("admin", expired.certificate.string()));
  EXPECT_EQ(ask(server_->port(), {.shows = &expired}), "");
  EXPECT_THAT(outcomes(), ElementsAre(HandshakeOutcome::refused));
}

TEST_F(AdminTls, ResumesNoSessionThatWasCheckedBefore) {
  const CertificateConfig client = make("client", "DNS:x.test");
  start(config("admin", client.certificate.string()));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient first(server_->port(), {.version = version, .shows = &client});
    first.ask(kGet);
    const TlsClient::Session session = first.session();
    TlsClient second(server_->port(),
                     {.version = version, .shows = &client, .session = session.get()});
    EXPECT_THAT(second.ask(kGet), StartsWith("HTTP/1.1 200 OK"));
    EXPECT_FALSE(second.isResumed());
  }
  EXPECT_EQ(outcomes(), std::vector(4, HandshakeOutcome::full));
}

TEST_F(AdminTls, ShowsAnotherCertificateOnceItIsReplaced) {
  start(config("first"));
  TlsClient before(server_->port(), {});
  server_->replaceCertificate(load(config("second")));
  EXPECT_EQ(TlsClient(server_->port(), {}).commonName(), "second");
  EXPECT_THAT(before.ask(kGet), StartsWith("HTTP/1.1 200 OK"));
}

TEST_F(AdminTls, TellsWhoSpeaksHttpToItWhatItSpeaks) {
  start(config("admin"));
  // What TlsClient would send first is no request.
  boost::asio::io_context context;
  boost::asio::ip::tcp::socket socket(context);
  socket.connect({boost::asio::ip::address_v4::loopback(), server_->port()});
  boost::asio::write(socket, boost::asio::buffer(kGet));
  std::string answer;
  boost::system::error_code end;
  boost::asio::read(socket, boost::asio::dynamic_buffer(answer), end);
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("This port speaks HTTPS")));
  EXPECT_THAT(outcomes(), ElementsAre(HandshakeOutcome::plain));
}

TEST_F(AdminTls, GivesUpOnHandshakesThatDoNotEnd) {
  AdminLimits limits;
  limits.session.firstRead = std::chrono::milliseconds(50);
  start(config("admin"), limits);
  boost::asio::io_context context;
  boost::asio::ip::tcp::socket socket(context);
  socket.connect({boost::asio::ip::address_v4::loopback(), server_->port()});
  boost::asio::write(socket, boost::asio::buffer("\x16\x03", 2));
  std::string answer;
  boost::system::error_code end;
  boost::asio::read(socket, boost::asio::dynamic_buffer(answer), end);
  EXPECT_TRUE(end);
  EXPECT_THAT(outcomes(), ElementsAre(HandshakeOutcome::timeout));
}

TEST_F(AdminTls, IsWhatAnAddressBeyondLoopbackTakes) {
  const auto start = [](std::shared_ptr<const AdminCertificate> certificate) {
    AdminServer server({}, ListenAddress{"192.0.2.1", 0}, nullptr, {}, std::move(certificate));
    return server.start().error().message;
  };
  EXPECT_THAT(start(nullptr), HasSubstr("there is no TLS; set certificate and key in [admin]"));
  EXPECT_THAT(start(load(config("admin"))), HasSubstr("cannot listen on admin address 192.0.2.1"));
}

TEST_F(AdminTls, NamesTheFileThatIsWrong) {
  AdminConfig bad = config("admin", (folder_.path() / "nothing.pem").string());
  EXPECT_THAT(AdminCertificate::load(bad).error().message,
              AllOf(HasSubstr("the client_ca file"), HasSubstr("nothing.pem")));
  bad.clientCa = bad.key;
  EXPECT_THAT(AdminCertificate::load(bad).error().message,
              HasSubstr("holds no certificate in PEM"));
  const CertificateConfig nameless = make("nameless", "");
  bad = {};
  bad.certificate = nameless.certificate;
  bad.key = nameless.key;
  EXPECT_THAT(AdminCertificate::load(bad)->warnings.front(), HasSubstr("names no host"));
}

}  // namespace
}  // namespace skiff
