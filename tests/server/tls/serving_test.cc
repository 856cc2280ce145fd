// TLS as clients of the front end see it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "server/tls/tls_server.h"
#include "server/tls/tls_session.h"
#include "tests/server/http/http_client.h"
#include "tests/server/http/test_server.h"
#include "tests/server/tls/test_certificate.h"
#include "tests/server/tls/tls_client.h"
#include "tests/temporary_directory.h"

namespace skiff {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::TemporaryDirectory;
using testing::TestCertificate;
using testing::TlsClient;

constexpr std::string_view kGet = "GET /path HTTP/1.1\r\nHost: a.test\r\n\r\n";

void answer(HttpExchange& exchange) {
  write(exchange, exchange.request().target);
  exchange.finish();
}

class Tls : public ::testing::Test {
 protected:
  Tls() : tls_(load()) {}

  std::shared_ptr<const CertificateTable> load() {
    const std::vector<CertificateConfig> configs{
        TestCertificate::make({"first", "DNS:first.test"}).write(folder_.path(), "first"),
        TestCertificate::make({"wild", "DNS:*.wild.test"}).write(folder_.path(), "wild"),
        TestCertificate::make({"rsa", "DNS:rsa.test", TestCertificate::Kind::rsa2048})
            .write(folder_.path(), "rsa")};
    auto loaded = CertificateTable::load(configs);
    if (loaded.has_error()) throw std::runtime_error(loaded.error().front().message);
    return loaded->table;
  }
  std::string nameFor(TestServer& server, const std::string& host) {
    TlsClient client(server.port(), {.host = host});
    return client.commonName();
  }

  TemporaryDirectory folder_;
  TlsServer tls_;
};

TEST_F(Tls, AnswersRequestsOfOneConnection) {
  TestServer server(answer, {}, &tls_);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(server.port(), {.version = version});
    ASSERT_TRUE(client.isConnected()) << client.failure();
    for (int i = 0; i < 3; ++i) EXPECT_THAT(client.ask(kGet), EndsWith("\r\n\r\n/path"));
  }
  const auto handshakes = server.handshakes(2);
  EXPECT_EQ(handshakes[0], (Handshake{TlsVersion::tls12, HandshakeOutcome::full}));
  EXPECT_EQ(handshakes[1], (Handshake{TlsVersion::tls13, HandshakeOutcome::full}));
}

TEST_F(Tls, AnswersPipelinedRequestsInOneRecord) {
  TestServer server(answer, {}, &tls_);
  TlsClient client(server.port(), {});
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += kGet;
  ASSERT_TRUE(client.send(requests));
  for (int i = 0; i < 100; ++i) ASSERT_THAT(client.readAnswer(), EndsWith("/path")) << i;
}

TEST_F(Tls, ShowsTheCertificateOfTheHostThatTheClientNames) {
  TestServer server(answer, {}, &tls_);
  EXPECT_EQ(nameFor(server, "first.test"), "first");
  EXPECT_EQ(nameFor(server, "a.wild.test"), "wild");
  EXPECT_EQ(nameFor(server, "A.WILD.test"), "wild");
  EXPECT_EQ(nameFor(server, "rsa.test"), "rsa");
  EXPECT_EQ(nameFor(server, "a.b.wild.test"), "first");
  EXPECT_EQ(nameFor(server, "unknown.test"), "first");
  EXPECT_EQ(nameFor(server, ""), "first");
}

TEST_F(Tls, TellsWhichHostAClientNamesBeforeItAsksForAnything) {
  TestServer server(answer, {}, &tls_);
  TlsClient::Session session;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(server.port(), {.host = "A.Wild.test", .version = version});
    ASSERT_TRUE(client.isConnected()) << client.failure();
    client.ask(kGet);
    session = client.session();
  }
  TlsClient resumed(server.port(), {.host = "a.wild.test", .session = session.get()});
  TlsClient unknown(server.port(), {.host = "unknown.test"});
  // A second hello is no second naming.
  TlsClient again(server.port(), {.host = "rsa.test", .groups = "P-384:P-256"});
  TlsClient nameless(server.port(), {});
  // Not of clients that nothing can come of.
  TlsClient weak(server.port(),
                 {.host = "first.test", .version = TLS1_2_VERSION, .ciphers = "AES128-GCM-SHA256"});
  EXPECT_FALSE(weak.isConnected());
  TlsClient last(server.port(), {.host = "first.test"});
  EXPECT_THAT(
      server.hostsNamed(6),
      ElementsAre("a.wild.test *.wild.test", "a.wild.test *.wild.test", "a.wild.test *.wild.test",
                  "unknown.test first.test", "rsa.test rsa.test", "first.test first.test"));
}

TEST_F(Tls, RefusesOldVersionsAndWeakCiphers) {
  TestServer server(answer, {}, &tls_);
  EXPECT_FALSE(TlsClient(server.port(), {.version = TLS1_1_VERSION}).isConnected());
  EXPECT_FALSE(TlsClient(server.port(), {.version = TLS1_VERSION}).isConnected());
  for (const char* ciphers :
       {"AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES128-SHA256",
        "DHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-CCM8", "eNULL", "aNULL"}) {
    TlsClient client(server.port(),
                     {.host = "rsa.test", .version = TLS1_2_VERSION, .ciphers = ciphers});
    EXPECT_FALSE(client.isConnected()) << ciphers;
  }
  TlsClient good(
      server.port(),
      {.host = "rsa.test", .version = TLS1_2_VERSION, .ciphers = "ECDHE-RSA-CHACHA20-POLY1305"});
  EXPECT_TRUE(good.isConnected());
}

/// Its first ClientHello has a key share for P-384 only: the server asks for a second one (RFC
/// 8446, 4.1.4), and chooses a certificate once.
TEST_F(Tls, AsksAClientForAKeyShareThatItKnows) {
  TestServer server(answer, {}, &tls_);
  for (const char* host : {"", "rsa.test", "unknown.test"}) {
    TlsClient client(server.port(),
                     {.host = host, .version = TLS1_3_VERSION, .groups = "P-384:P-256"});
    ASSERT_TRUE(client.isConnected()) << client.failure();
    EXPECT_EQ(client.commonName(), std::string(host) == "rsa.test" ? "rsa" : "first");
    EXPECT_THAT(client.ask(kGet), EndsWith("/path"));
  }
}

TEST_F(Tls, SpeaksHttp2WithClientsThatOfferIt) {
  TestServer server(answer, {}, &tls_);
  TlsClient client(server.port(), {.protocols = "\x08http/1.1\x02h2"});
  ASSERT_TRUE(client.isConnected());
  EXPECT_EQ(client.protocol(), "h2");
  // The preface, SETTINGS and HEADERS: GET, https, /, first.test.
  std::string bytes = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  bytes += std::string("\0\0\0\4\0\0\0\0\0", 9);
  bytes += std::string(
      "\0\0\x0f\1\5\0\0\0\1\x82\x87\x84\x41\x0a"
      "first.test",
      24);
  ASSERT_TRUE(client.send(bytes));
  std::string received;
  const std::string data("\0\0\1\0\1\0\0\0\1/", 10);
  while (received.find(data) == std::string::npos) {
    const std::string more = client.readSome();
    ASSERT_NE(more, "");
    received += more;
  }
}

TEST_F(Tls, SpeaksHttp11OnlyIfItIsToldSo) {
  TlsServer without(load(), TlsServer::Http2::no);
  TestServer server(answer, {}, &without);
  TlsClient both(server.port(), {.protocols = "\x02h2\x08http/1.1"});
  ASSERT_TRUE(both.isConnected());
  EXPECT_EQ(both.protocol(), "http/1.1");
  TlsClient other(server.port(), {.protocols = "\x02h2"});
  EXPECT_FALSE(other.isConnected());
  EXPECT_THAT(other.failure(), HasSubstr("no application protocol"));
}

TEST_F(Tls, ResumesOnAnyShardAndAfterARenewalButNotUnderAnotherCertificate) {
  TestServer one(answer, {}, &tls_);
  TestServer other(answer, {}, &tls_);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient first(one.port(), {.host = "a.wild.test", .version = version});
    first.ask(kGet);
    EXPECT_FALSE(first.isResumed());
    auto session = first.session();
    ASSERT_TRUE(session);

    TlsClient wrong(one.port(), {.host = "rsa.test", .version = version, .session = session.get()});
    wrong.ask(kGet);
    EXPECT_FALSE(wrong.isResumed());
    EXPECT_EQ(wrong.commonName(), "rsa");

    TlsClient elsewhere(other.port(),
                        {.host = "a.wild.test", .version = version, .session = session.get()});
    EXPECT_THAT(elsewhere.ask(kGet), EndsWith("/path"));
    EXPECT_TRUE(elsewhere.isResumed()) << version;

    // OpenSSL's client uses a ticket of TLS 1.3 once, and was given another.
    if (auto next = elsewhere.session()) session = std::move(next);
    tls_.replace(load());
    TlsClient renewed(one.port(),
                      {.host = "a.wild.test", .version = version, .session = session.get()});
    EXPECT_THAT(renewed.ask(kGet), EndsWith("/path"));
    EXPECT_TRUE(renewed.isResumed()) << version;
  }
  EXPECT_EQ(other.handshakes(2).back(), (Handshake{TlsVersion::tls13, HandshakeOutcome::resumed}));
}

TicketKeys::Time ticketTime{};
TicketKeys::Time ticketClock() {
  return ticketTime;
}

TEST_F(Tls, ResumesUntilTheTicketsKeyWasReplacedAndForgotten) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    ticketTime = TicketKeys::Time(std::chrono::hours(1'000));
    TlsServer tls(load(), TlsServer::Http2::offered, ticketClock);
    TestServer server(answer, {}, &tls);
    const auto connect = [&](SSL_SESSION* session) {
      auto client = std::make_unique<TlsClient>(
          server.port(),
          TlsClient::Options{.host = "first.test", .version = version, .session = session});
      client->ask(kGet);
      return client;
    };
    // Two of each, since a ticket of TLS 1.3 is used once.
    const auto first = connect(nullptr)->session();
    const auto second = connect(nullptr)->session();
    ticketTime += TicketKeys::kRotation;
    EXPECT_TRUE(connect(first.get())->isResumed()) << "by the key before";
    // What is resumed gets a ticket of the new key; what is not, of the next.
    ticketTime += TicketKeys::kLifetime;
    EXPECT_FALSE(connect(second.get())->isResumed());
  }
}

TEST_F(Tls, LeavesConnectionsUnderWayTheirCertificate) {
  TestServer server(
      [](HttpExchange& exchange) {
        write(exchange, exchange.certificate()->hosts().front());
        exchange.finish();
      },
      {}, &tls_);
  TlsClient client(server.port(), {.host = "first.test"});
  const std::string serial = client.serial();
  tls_.replace(load());
  EXPECT_THAT(client.ask(kGet), EndsWith("first.test"));
  TlsClient later(server.port(), {.host = "first.test"});
  EXPECT_NE(later.serial(), serial);
}

TEST_F(Tls, TakesHandshakesAndRequestsInSingleBytes) {
  TestServer server(answer, {}, &tls_);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(server.port(), {.host = "rsa.test", .version = version, .piece = 1});
    ASSERT_TRUE(client.isConnected());
    EXPECT_THAT(client.ask(kGet), EndsWith("/path"));
  }
}

TEST_F(Tls, EndsAHandshakeThatTakesTooLong) {
  HttpLimits limits;
  limits.handshakeTimeout = std::chrono::milliseconds(50);
  TestServer server(answer, limits, &tls_);
  HttpClient silent(server.port());
  EXPECT_TRUE(silent.isClosed());
  HttpClient stalling(server.port());
  stalling.send(std::string_view("\x16\x03\x01\x02\x00\x01\x00", 7));
  EXPECT_TRUE(stalling.isClosed());
  for (const Handshake& one : server.handshakes(2)) {
    EXPECT_EQ(one, (Handshake{TlsVersion::none, HandshakeOutcome::timeout}));
  }
}

TEST_F(Tls, RefusesWhatIsNoClientHello) {
  TestServer server(answer, {}, &tls_);
  HttpClient garbage(server.port());
  garbage.send(std::string(1000, 'x'));
  const std::string alert = garbage.readToEnd();
  EXPECT_TRUE(garbage.isClosed());
  EXPECT_THAT(alert, ::testing::AnyOf("", StartsWith("\x15\x03")));
  EXPECT_EQ(server.handshakes(1)[0], (Handshake{TlsVersion::none, HandshakeOutcome::refused}));

  HttpClient gone(server.port());
  gone.send("\x16\x03");
  gone.close();
  EXPECT_EQ(server.handshakes(2)[1], (Handshake{TlsVersion::none, HandshakeOutcome::gone}));
}

TEST_F(Tls, CutsOffAHandshakeThatIsTooLong) {
  TestServer server(answer, {}, &tls_);
  HttpClient client(server.port());
  // A ClientHello of 128 KiB, in records of 16 KiB.
  std::string record("\x16\x03\x01\x40\x00", 5);
  std::string body(16 << 10, '\0');
  body.replace(0, 6, std::string_view("\x01\x01\xff\x00\x03\x03", 6));
  client.send(record + body);
  const std::string more = record + std::string(16 << 10, '\0');
  for (int i = 0; i < 7; ++i) client.send(more);
  client.readToEnd();
  EXPECT_EQ(server.handshakes(1)[0], (Handshake{TlsVersion::none, HandshakeOutcome::refused}));
}

TEST_F(Tls, TellsAClientWithoutTlsWhatIsSpoken) {
  TestServer server(answer, {}, &tls_);
  HttpClient client(server.port());
  const ClientResponse response = client.ask(kGet);
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.field("content-type"), "application/problem+json");
  EXPECT_THAT(response.body, HasSubstr("ask for https://"));
  EXPECT_TRUE(client.isClosed());
  EXPECT_EQ(server.handshakes(1)[0], (Handshake{TlsVersion::none, HandshakeOutcome::plain}));
  EXPECT_EQ(server.reports(1)[0].reason, Reason::badRequest);
}

TEST_F(Tls, StreamsLargeBodiesToSlowReaders) {
  const std::string large = [] {
    std::string text;
    for (int i = 0; text.size() < (3 << 20); ++i) text += std::to_string(i) + ",";
    return text;
  }();
  TestServer server([&](HttpExchange& exchange) { exchange.finishWith(large); }, {}, &tls_);
  TlsClient client(server.port(), {.receiveBuffer = 4096});
  client.send(kGet);
  const std::string all = client.readAnswer();
  EXPECT_EQ(all.substr(all.find("\r\n\r\n") + 4), large);
  EXPECT_THAT(client.ask(kGet), EndsWith(large.substr(large.size() - 100)));
}

TEST_F(Tls, TakesLargeBodiesAtThePaceOfTheirReader) {
  TestServer server(echo, {}, &tls_);
  TlsClient client(server.port(), {});
  std::string body;
  for (int i = 0; body.size() < (2 << 20); ++i) body += std::to_string(i) + ";";
  std::string received;
  ASSERT_TRUE(
      client.send("POST / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\nContent-Length: " +
                  std::to_string(body.size()) + "\r\n\r\n"));
  for (std::size_t at = 0; at < body.size(); at += 30'000) {
    ASSERT_TRUE(client.send(std::string_view(body).substr(at, 30'000)));
    // What has come back by now, so that neither side waits for the other for good.
    if (at > 90'000) received += client.readSome();
  }
  received += client.readToEnd();
  EXPECT_TRUE(client.endedProperly());
  std::string decoded;
  std::size_t at = received.find("\r\n\r\n") + 4;
  while (at < received.size()) {
    const std::size_t size = std::stoul(received.substr(at), nullptr, 16);
    at = received.find("\r\n", at) + 2;
    decoded.append(received, at, size);
    at += size + 2;
    if (size == 0) break;
  }
  EXPECT_TRUE(decoded == body);
}

TEST_F(Tls, TakesABodyThatIsCutOffForIncomplete) {
  enum class How { fin, word, reset };
  for (const How how : {How::fin, How::word, How::reset}) {
    std::promise<Reason> abandoned;
    std::atomic<bool> completed{false};
    std::promise<void> begun;
    TestServer server(
        [&](HttpExchange& exchange) {
          Script::run(
              exchange,
              [&, told = false](HttpExchange& now) mutable {
                std::array<std::byte, 100> bytes;
                while (true) {
                  const BodyRead read = now.readRequestBody(bytes);
                  if (read.end) completed = true;
                  if (read.size == 0) break;
                  if (!std::exchange(told, true)) begun.set_value();
                }
                now.waitFor(kWaitRequestBody);
              },
              [&](Reason reason) { abandoned.set_value(reason); });
        },
        {}, &tls_);
    TlsClient client(server.port(), {});
    client.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nhalf");
    await(begun.get_future());
    if (how == How::word) client.sayEnd();
    if (how == How::reset) {
      client.reset();
    } else {
      client.finishSending();
    }
    EXPECT_EQ(await(abandoned.get_future()), Reason::clientGone);
    EXPECT_FALSE(completed);
  }
}

TEST_F(Tls, SaysThatItHasSentEverything) {
  HttpLimits limits;
  limits.idleTimeout = std::chrono::milliseconds(50);
  TestServer server(answer, limits, &tls_);
  TlsClient client(server.port(), {});
  client.send("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.readToEnd(), EndsWith("/"));
  EXPECT_TRUE(client.endedProperly());
  TlsClient idle(server.port(), {});
  idle.ask(kGet);
  EXPECT_EQ(idle.readToEnd(), "");
  EXPECT_TRUE(idle.endedProperly());
  TlsClient leaving(server.port(), {});
  leaving.ask(kGet);
  leaving.sayEnd();
  EXPECT_EQ(leaving.readToEnd(), "");
  EXPECT_TRUE(leaving.endedProperly());
}

TEST_F(Tls, LeavesAnAnswerThatIsCutWithoutThatWord) {
  TestServer server(
      [](HttpExchange& exchange) {
        write(exchange, "half");
        exchange.flush();
        exchange.fail(Reason::guestTrap);
      },
      {}, &tls_);
  TlsClient client(server.port(), {});
  client.send(kGet);
  client.readToEnd();
  EXPECT_FALSE(client.endedProperly());
}

TEST_F(Tls, TakesKeyUpdatesBetweenDataButNoFloodOfThem) {
  TestServer server(answer, {}, &tls_);
  TlsClient client(server.port(), {.version = TLS1_3_VERSION});
  for (unsigned i = 0; i < 2 * TlsSession::kQuietMessages; ++i) {
    ASSERT_EQ(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
    ASSERT_THAT(client.ask(kGet), EndsWith("/path")) << i;
  }
  TlsClient hostile(server.port(), {.version = TLS1_3_VERSION});
  for (unsigned i = 0; i < 2 * TlsSession::kQuietMessages; ++i) {
    ASSERT_EQ(SSL_key_update(hostile.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED), 1);
    ASSERT_EQ(SSL_do_handshake(hostile.ssl()), 1);
  }
  hostile.send(kGet);
  EXPECT_EQ(hostile.readToEnd(), "");
}

TEST_F(Tls, RefusesToRenegotiate) {
  TestServer server(answer, {}, &tls_);
  TlsClient client(server.port(), {.version = TLS1_2_VERSION});
  client.ask(kGet);
  EXPECT_EQ(SSL_renegotiate(client.ssl()), 1);
  SSL_do_handshake(client.ssl());
  client.send(kGet);
  client.readSome();
  EXPECT_EQ(server.handshakes(1).size(), 1u);
}

TEST_F(Tls, SaysHttpsToWhoeverAsks) {
  TestServer server(
      [](HttpExchange& exchange) {
        write(exchange, *exchange.request().headers.find("x-forwarded-proto"));
        write(exchange, exchange.isSecure() ? " secure " : " open ");
        write(exchange, exchange.tlsVersion());
        exchange.finish();
      },
      {}, &tls_);
  TlsClient client(server.port(), {.version = TLS1_3_VERSION});
  EXPECT_THAT(client.ask("GET https://a.test/ HTTP/1.1\r\nHost: a.test\r\n"
                         "X-Forwarded-Proto: http\r\nX-Forwarded-Proto: gopher\r\n\r\n"),
              EndsWith("\r\n\r\nhttps secure 1.3"));
  EXPECT_THAT(client.ask("GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
}

TEST_F(Tls, EndsHandshakesThatAreUnderWayWhenItDrains) {
  TestServer server(answer, {}, &tls_);
  HttpClient waiting(server.port());
  waiting.send("\x16\x03");
  server.inServer([] {});
  drain(server);
  server.awaitDrained();
  EXPECT_TRUE(waiting.isClosed());
}

}  // namespace
}  // namespace skiff
