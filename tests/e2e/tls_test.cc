#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <boost/json.hpp>
#include <thread>

#include "tests/e2e/admin_api.h"
#include "tests/e2e/daemon.h"
#include "tests/e2e/http2_requests.h"
#include "tests/server/tls/test_certificate.h"
#include "tests/server/tls/tls_client.h"

namespace skiff::e2e {
namespace {

using skiff::testing::TestCertificate;
using skiff::testing::TlsClient;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// A daemon that speaks TLS for hello.test and *.wild.test, and for globex.test, whose certificate
/// is the tenant globex's.
class TlsDaemon : public ::testing::Test {
 protected:
  void start(const std::string& server = {}) {
    makeAll();
    config_.server = "listen_tls = [\"127.0.0.1:0\"]\n" + server;
    config_.apps = {{"hello", "hello_wat", {}, {}},
                    {"cgi", "cgi", {}, {}},
                    {"echo", "echo", {}, {}},
                    {"globex", "hello_wat", {}, {}, "globex"},
                    {"stray", "hello_wat", {}, {}, "acme"}};
    daemon_.emplace(text());
    findPort();
  }
  void findPort() { port_ = daemon_->tlsPort(); }
  void make(const std::string& name, const std::string& names) {
    TestCertificate::make({name, names}).write(folder_ / "", name);
  }
  void makeAll() {
    make("first", "DNS:hello.test, DNS:cgi.test, DNS:echo.test, DNS:*.wild.test");
    make("globex", "DNS:globex.test, DNS:stray.test");
  }
  std::string text() const {
    const auto entry = [&](const std::string& name, const std::string& more) {
      const std::string path = (folder_ / name).string();
      return "[[certificate]]\ncertificate = \"" + path + ".pem\"\nkey = \"" + path + ".key\"\n" +
             more;
    };
    return config_.text() + entry("first", {}) + entry("globex", "tenant = \"globex\"\n");
  }
  std::string ask(const std::string& sni, const std::string& host, const std::string& path = "/") {
    TlsClient client(port_, {.host = sni});
    return client.ask(request("GET", host, path));
  }
  Http2Outcome askByHttp2(const std::string& sni, const std::string& host) {
    return Http2Requests(port_, sni).ask({{.host = host}}).at(0);
  }
  /// By HTTP/1.1 and by HTTP/2.
  void expectAnswered(const std::string& sni, const std::string& host) {
    EXPECT_THAT(ask(sni, host), StartsWith("HTTP/1.1 200 ")) << sni << " " << host;
    EXPECT_EQ(askByHttp2(sni, host).status, 200) << sni << " " << host;
  }
  void expectMisdirected(const std::string& sni, const std::string& host) {
    const std::string answer = ask(sni, host);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 421 Misdirected Request\r\n")) << sni << " " << host;
    EXPECT_THAT(answer, HasSubstr("application/problem+json"));
    EXPECT_THAT(answer, HasSubstr("\"reason\":\"misdirected\""));
    const Http2Outcome outcome = askByHttp2(sni, host);
    EXPECT_EQ(outcome.kind, Http2Outcome::Kind::answered);
    EXPECT_EQ(outcome.status, 421) << sni << " " << host;
    EXPECT_EQ(outcome.reason, "misdirected");
    EXPECT_THAT(outcome.body, HasSubstr("\"reason\":\"misdirected\""));
  }
  /// The status with which the admin API takes a new certificate of this name.
  static int put(const AdminApi& api, const std::string& tenant, const std::string& host,
                 const std::string& name) {
    const TestCertificate made =
        TestCertificate::make({name, "DNS:" + host, {}, -60, 30 * 24 * 3600});
    return api
        .put("/v1/tenants/" + tenant + "/certificates/" + host,
             boost::json::serialize(
                 boost::json::object{{"certificate", made.certificate}, {"key", made.key}}))
        .status;
  }

  TemporaryFolder folder_;
  ConfigText config_;
  std::optional<Daemon> daemon_;
  std::uint16_t port_ = 0;
};

TEST_F(TlsDaemon, ServesProgramsThatAreToldSo) {
  start();
  const std::string answer = ask("cgi.test", "cgi.test", "/a?b");
  EXPECT_THAT(answer, HasSubstr("X_FULL_URL=https://cgi.test/a?b"));
  EXPECT_THAT(answer, HasSubstr("HTTPS=on"));
  EXPECT_THAT(answer, HasSubstr("SERVER_PORT=" + std::to_string(port_)));
  EXPECT_EQ(daemon_->accessLine("\"path\":\"/a?b\"").value("tls"), "1.3");
  EXPECT_EQ(daemon_->get("hello.test").status, 200);
  EXPECT_EQ(daemon_->metrics().sum("skiff_tls_handshakes_total",
                                   {{"version", "1.3"}, {"outcome", "full"}}),
            1);
}

TEST_F(TlsDaemon, AnswersOnlyForTheCertificatesHostsIfItIsToBeStrict) {
  start("strict_sni = true\n");
  expectAnswered("hello.test", "hello.test");
  expectAnswered("globex.test", "GLOBEX.test:443");
  expectMisdirected("hello.test", "globex.test");   // another certificate's host
  expectMisdirected("", "globex.test");             // the same, without SNI
  expectMisdirected("globex.test", "nobody.test");  // nobody's
  expectMisdirected("stray.test", "stray.test");    // another tenant's app
  EXPECT_THAT(ask("a.wild.test", "b.wild.test"), StartsWith("HTTP/1.1 404 "));
  EXPECT_EQ(askByHttp2("a.wild.test", "b.wild.test").status, 404);
  // What comes without TLS names no certificate.
  EXPECT_EQ(daemon_->get("globex.test").status, 200);
}

TEST_F(TlsDaemon, GoesOnWithAConnectionOfHttp2ThatAsksForAnothersHost) {
  start("strict_sni = true\n");
  Http2Requests connection(port_, "hello.test");
  const auto outcomes =
      connection.ask({{.host = "hello.test"}, {.host = "globex.test"}, {.host = "HELLO.test:443"}});
  EXPECT_EQ(outcomes[0].status, 200);
  EXPECT_EQ(outcomes[1].status, 421);
  EXPECT_EQ(outcomes[2].status, 200);
  EXPECT_EQ(connection.ask({{.host = "hello.test"}})[0].status, 200);
  EXPECT_FALSE(connection.isEnding());
}

TEST_F(TlsDaemon, TakesCertificatesThatArePutForTheirTenantsIfItIsToBeStrict) {
  start("strict_sni = true\n");
  const AdminApi api(*daemon_);
  api.serve("one", "one", "hello_wat");
  api.serve("two", "two", "hello_wat");
  expectMisdirected("one.test", "one.test");  // of a connection that was shown the first
  ASSERT_EQ(put(api, "one", "one.test", "one"), 201);
  expectAnswered("one.test", "one.test");
  expectMisdirected("one.test", "two.test");
  expectMisdirected("one.test", "hello.test");
  // It is for the other tenant's host as well, but not for its app.
  ASSERT_EQ(put(api, "one", "*.test", "all"), 201);
  EXPECT_EQ(TlsClient(port_, {.host = "two.test"}).commonName(), "all");
  expectMisdirected("two.test", "two.test");
  ASSERT_EQ(put(api, "two", "two.test", "two"), 201);
  expectAnswered("two.test", "two.test");
  expectMisdirected("two.test", "one.test");
}

TEST_F(TlsDaemon, ReplacesCertificatesOnSighupWithoutAFailedRequest) {
  start("shards = 2\n");
  TlsClient before(port_, {.host = "hello.test"});
  ASSERT_TRUE(before.isConnected());
  std::atomic<bool> stop{false};
  std::atomic<int> requests{0};
  std::atomic<int> failures{0};
  std::vector<std::thread> load;
  for (int i = 0; i < 4; ++i) {
    load.emplace_back([&] {
      while (!stop) {
        TlsClient client(port_, {.host = "hello.test"});
        for (int n = 0; n < 3; ++n) {
          const std::string answer = client.ask(request("GET", "hello.test", "/"));
          if (answer.find("Hello from wasm") == std::string::npos) ++failures;
          ++requests;
        }
      }
    });
  }
  std::string serial = before.serial();
  for (int round = 0; round < 3; ++round) {
    makeAll();
    daemon_->reload(text());
    const auto shown = [&] { return TlsClient(port_, {.host = "hello.test"}).serial(); };
    EXPECT_TRUE(eventually([&] { return shown() != serial; }));
    serial = shown();
  }
  stop = true;
  for (std::thread& one : load) one.join();
  EXPECT_EQ(failures, 0);
  EXPECT_GT(requests, 50);
  EXPECT_THAT(before.ask(request("GET", "hello.test", "/")), HasSubstr("Hello from wasm"));
}

TEST_F(TlsDaemon, ResumesOnAnyShardAndAfterAReload) {
  start("shards = 2\n");
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient first(port_, {.host = "hello.test", .version = version});
    first.ask(request("GET", "hello.test", "/"));
    auto session = first.session();
    ASSERT_TRUE(session);
    const std::string serial = first.serial();
    makeAll();
    daemon_->reload(text());
    ASSERT_TRUE(
        eventually([&] { return TlsClient(port_, {.host = "hello.test"}).serial() != serial; }));
    // The system spreads connections over the shards by their ports.
    for (int i = 0; i < 20; ++i) {
      TlsClient again(port_, {.host = "hello.test", .version = version, .session = session.get()});
      ASSERT_THAT(again.ask(request("GET", "hello.test", "/")), HasSubstr("Hello from wasm"));
      ASSERT_TRUE(again.isResumed()) << version << " " << i;
      if (auto next = again.session()) session = std::move(next);
    }
  }
}

TEST_F(TlsDaemon, ResumesWithTheProcessThatHasTakenItsPlace) {
  start("shards = 1\ndrain_idle_ms = 100\n");
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient::Session session;
    {
      TlsClient first(port_, {.host = "hello.test", .version = version});
      first.ask(request("GET", "hello.test", "/"));
      EXPECT_FALSE(first.isResumed());
      session = first.session();
    }
    ASSERT_TRUE(session);
    // And with that one's.
    for (int i = 0; i < 2; ++i) {
      const pid_t before = daemon_->process().id();
      EXPECT_EQ(daemon_->handOver(), (Ending{0, 0}));
      EXPECT_NE(daemon_->process().id(), before);
      TlsClient again(port_, {.host = "hello.test", .version = version, .session = session.get()});
      ASSERT_THAT(again.ask(request("GET", "hello.test", "/")), HasSubstr("Hello from wasm"));
      EXPECT_TRUE(again.isResumed()) << version << " " << i;
      if (auto next = again.session()) session = std::move(next);
    }
  }
}

TEST_F(TlsDaemon, KeepsItsCertificatesIfNewOnesAreWrong) {
  start();
  const std::string serial = TlsClient(port_, {.host = "hello.test"}).serial();
  std::ofstream(folder_ / "globex.key") << "nothing";
  daemon_->reload(text());
  EXPECT_NE(daemon_->process().waitForLine(Process::Stream::error, "the reload is refused"), "");
  EXPECT_THAT(daemon_->process().text(Process::Stream::error),
              HasSubstr("globex.key\" holds no private key"));
  EXPECT_EQ(TlsClient(port_, {.host = "hello.test"}).serial(), serial);
}

TEST_F(TlsDaemon, ShowsCertificatesThatArePutOnAllShardsAndAfterARestart) {
  start("shards = 2\n");
  const AdminApi api(*daemon_);
  api.serve("put", "web", "hello_wat");
  const auto nameFor = [&](const std::string& host) {
    return TlsClient(port_, {.host = host}).commonName();
  };
  EXPECT_EQ(nameFor("web.test"), "first");
  ASSERT_EQ(put(api, "put", "web.test", "put"), 201);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(nameFor("web.test"), "put");
  EXPECT_THAT(ask("web.test", "web.test"), StartsWith("HTTP/1.1 200 "));
  ASSERT_EQ(put(api, "put", "web.test", "again"), 200);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(nameFor("web.test"), "again");
  EXPECT_EQ(nameFor("hello.test"), "first");
  EXPECT_GT(daemon_->metrics().sum("skiff_certificate_expiry_timestamp_seconds",
                                   {{"host", "web.test"}, {"listener", "client"}}),
            1'700'000'000.0);
  EXPECT_EQ(api.put("/v1/tenants/put/certificates/hello.test", "{}").status, 422);

  daemon_->restart();
  findPort();
  EXPECT_EQ(nameFor("web.test"), "again");
  EXPECT_EQ(nameFor("hello.test"), "first");
  daemon_->reload(text());
  daemon_->process().waitForLine(Process::Stream::error, "certificates are in use");
  EXPECT_EQ(nameFor("web.test"), "again");
  ASSERT_EQ(AdminApi(*daemon_).remove("/v1/tenants/put/certificates/web.test").status, 204);
  EXPECT_EQ(nameFor("web.test"), "first");
}

TEST_F(TlsDaemon, SaysWhichCertificatesAreAboutToExpire) {
  start();  // those of the test are good for an hour
  EXPECT_THAT(daemon_->process().waitForLine(Process::Stream::error, "first.pem\" expires"),
              HasSubstr("expires in less than a day"));
}

TEST_F(TlsDaemon, EchoesLargeBodies) {
  start();
  std::string body;
  for (int i = 0; body.size() < (1 << 20); ++i) body += std::to_string(i) + " ";
  TlsClient client(port_, {.host = "echo.test", .piece = 1400, .receiveBuffer = 8192});
  // The guest begins to answer at once: both sides have to go on meanwhile.
  client.send(
      request("POST", "echo.test", "/", {},
              "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n"));
  std::string received;
  for (std::size_t at = 0; at < body.size(); at += 16'000) {
    ASSERT_TRUE(client.send(std::string_view(body).substr(at, 16'000)));
    if (at > 200'000) received += client.readSome();
  }
  received += client.readToEnd();
  EXPECT_TRUE(client.endedProperly());
  EXPECT_THAT(received, StartsWith("HTTP/1.1 200 "));
  EXPECT_GT(received.size(), body.size());
}

TEST(TheCheck, SaysWhatIsWrongWithACertificate) {
  TemporaryFolder folder;
  std::ofstream(folder / "skiff.toml")
      << "[server]\nlisten_tls = [\"127.0.0.1:0\"]\n[[certificate]]\ncertificate = \"no.pem\"\n"
         "key = \"no.key\"\n";
  const CheckResult result = check(folder / "skiff.toml");
  EXPECT_EQ(result.ending, (Ending{1, 0}));
  EXPECT_THAT(result.error, HasSubstr("no.pem\" cannot be opened"));
}

}  // namespace
}  // namespace skiff::e2e
