#include "server/admin/admin_server.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <future>
#include <span>
#include <thread>

namespace skiff {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

AdminHooks hooks() {
  return {.metrics = [] { return std::string("skiff_isolates 3\n"); },
          .notReady = [] { return std::vector<std::string>(); },
          .engine = "V8"};
}

/// A plain blocking client: what it sends is bytes, so that it can misbehave.
class Client {
 public:
  explicit Client(std::uint16_t port, std::string_view host = "127.0.0.1") : socket_(context_) {
    socket_.connect(tcp::endpoint(asio::ip::make_address(std::string(host)), port));
  }

  void send(std::string_view bytes) { asio::write(socket_, asio::buffer(bytes)); }

  http::response<http::string_body> read(bool toHead = false) {
    http::response_parser<http::string_body> parser;
    parser.skip(toHead);
    http::read(socket_, buffer_, parser);
    return parser.release();
  }

  void readSome() {
    char byte;
    asio::read(socket_, asio::buffer(&byte, 1));
  }

  /// Whether the server has ended the connection, with nothing more to say.
  bool ended() {
    boost::system::error_code error;
    char byte;
    asio::read(socket_, asio::buffer(&byte, 1), error);
    return error == asio::error::eof || error == asio::error::connection_reset;
  }

 private:
  asio::io_context context_;
  tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
};

class RunningAdminServer : public testing::Test {
 protected:
  void start(AdminHooks with = hooks(), AdminLimits limits = {}) {
    server_.emplace(std::move(with), ListenAddress{"127.0.0.1", 0}, nullptr, limits);
    ASSERT_TRUE(server_->start().has_value());
    ASSERT_NE(server_->port(), 0);
  }

  std::optional<AdminServer> server_;
};

TEST_F(RunningAdminServer, AnswersSeveralRequestsOfOneConnection) {
  start();
  Client client(server_->port());
  for (int i = 0; i < 3; ++i) {
    client.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const auto response = client.read();
    EXPECT_EQ(response.result_int(), 200u);
    EXPECT_EQ(response.body(), "skiff_isolates 3\n");
    EXPECT_EQ(response[http::field::cache_control], "no-store");
    EXPECT_TRUE(response.keep_alive());
  }
}

TEST_F(RunningAdminServer, AnswersPipelinedRequestsInOrder) {
  start();
  Client client(server_->port());
  client.send(
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
      "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"
      "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.read().result_int(), 200u);
  EXPECT_EQ(client.read().result_int(), 404u);
  EXPECT_EQ(client.read().body(), "{\"status\":\"ready\"}\n");
  EXPECT_TRUE(client.ended());
}

TEST_F(RunningAdminServer, AnswersHeadWithTheLengthAndNoBody) {
  start();
  Client client(server_->port());
  client.send("HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto head = client.read(true);
  EXPECT_EQ(head[http::field::content_length], "17");
  client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read().result_int(), 200u);
}

TEST_F(RunningAdminServer, ClosesAfterAnHttp10Request) {
  start();
  Client client(server_->port());
  client.send("GET /healthz HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.read().result_int(), 200u);
  EXPECT_TRUE(client.ended());
}

TEST_F(RunningAdminServer, DoesNotTakeABodyForTheNextRequest) {
  start();
  Client client(server_->port());
  client.send(
      "POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 38\r\n\r\n"
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto response = client.read();
  EXPECT_EQ(response.result_int(), 405u);
  EXPECT_EQ(response[http::field::allow], "GET, HEAD");
  EXPECT_FALSE(response.keep_alive());
  EXPECT_TRUE(client.ended());
}

struct MalformedCase {
  std::string_view name;
  std::string bytes;
  unsigned status;
};

class MalformedRequest : public RunningAdminServer,
                         public testing::WithParamInterface<MalformedCase> {};

TEST_P(MalformedRequest, IsRefusedAndEndsTheConnection) {
  start();
  Client client(server_->port());
  client.send(GetParam().bytes);
  const auto response = client.read();
  EXPECT_EQ(response.result_int(), GetParam().status);
  EXPECT_EQ(response[http::field::content_type], "application/problem+json");
  EXPECT_TRUE(client.ended());
}

INSTANTIATE_TEST_SUITE_P(
    Requests, MalformedRequest,
    testing::Values(
        MalformedCase{"NoHttp", "\x16\x03\x01 hello\r\n\r\n", 400},
        MalformedCase{"NoVersion", "GET /healthz\r\n\r\n", 400},
        MalformedCase{"SpaceBeforeColon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400},
        MalformedCase{"BadLength", "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400},
        MalformedCase{"LongTarget", "GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\n\r\n", 431},
        MalformedCase{"LongField", "GET / HTTP/1.1\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n",
                      431}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(RunningAdminServer, SurvivesAHookThatThrows) {
  AdminHooks broken = hooks();
  broken.metrics = []() -> std::string { throw std::runtime_error("internal detail"); };
  start(std::move(broken));
  Client client(server_->port());
  client.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto response = client.read();
  EXPECT_EQ(response.result_int(), 500u);
  EXPECT_EQ(response.body().find("internal detail"), std::string::npos);
  client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read().result_int(), 200u);
}

TEST_F(RunningAdminServer, ServesManyConnectionsAndEndsTheIdlestForMore) {
  start();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 65; ++i) {
    Client& client = *clients.emplace_back(std::make_unique<Client>(server_->port()));
    client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(client.read().result_int(), 200u);
  }
  EXPECT_TRUE(clients.front()->ended());
  for (const auto& client : std::span(clients).subspan(1)) {
    client->send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(client->read().result_int(), 200u);
  }
}

TEST_F(RunningAdminServer, EndsAConnectionThatDoesNotReadItsAnswerForAnother) {
  AdminHooks large = hooks();
  large.metrics = [] { return std::string(std::size_t{16} << 20, 'x'); };
  AdminLimits limits;
  limits.strangers = 2;
  limits.session.write = std::chrono::hours(1);
  start(std::move(large), limits);
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 2; ++i) {
    clients.push_back(std::make_unique<Client>(server_->port()));
    clients.back()->send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    clients.back()->readSome();  // the answer is on its way
  }
  Client next(server_->port());
  next.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(next.read().result_int(), 200u);
}

TEST_F(RunningAdminServer, EndsIdleConnectionsWhenItStops) {
  start();
  Client used(server_->port()), silent(server_->port());
  used.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(used.read().result_int(), 200u);
  server_->stop();
  EXPECT_TRUE(used.ended());
  EXPECT_TRUE(silent.ended());
  EXPECT_THROW(Client(server_->port()), boost::system::system_error);
  server_->stop();
}

TEST_F(RunningAdminServer, FinishesTheAnswerThatItIsGivingWhenItStops) {
  std::promise<void> asked, answer;
  AdminHooks slow = hooks();
  slow.metrics = [&] {
    asked.set_value();
    answer.get_future().wait();
    return std::string("done\n");
  };
  start(std::move(slow));
  Client client(server_->port());
  client.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  asked.get_future().wait();
  std::thread stopper([&] { server_->stop(); });
  answer.set_value();
  EXPECT_EQ(client.read().body(), "done\n");
  stopper.join();
  EXPECT_TRUE(client.ended());
}

TEST(AdminServer, RefusesAddressesThatOthersCanReach) {
  for (const char* host : {"0.0.0.0", "::", "192.0.2.1", "::ffff:192.0.2.1"}) {
    AdminServer server(hooks(), {host, 0});
    const Result<void> started = server.start();
    ASSERT_FALSE(started.has_value()) << host;
    EXPECT_THAT(started.error().message, testing::HasSubstr("is not a loopback address"));
    EXPECT_THAT(started.error().message, testing::HasSubstr("[admin] listen"));
  }
}

TEST(AdminServer, NamesAnAddressThatIsTaken) {
  AdminServer first(hooks(), {"127.0.0.1", 0});
  ASSERT_TRUE(first.start().has_value());
  AdminServer second(hooks(), {"127.0.0.1", first.port()});
  const Result<void> started = second.start();
  ASSERT_FALSE(started.has_value());
  EXPECT_THAT(started.error().message,
              testing::HasSubstr("127.0.0.1:" + std::to_string(first.port())));
}

TEST(AdminServer, CanBeStoppedWithoutBeingStarted) {
  AdminServer server(hooks(), {"127.0.0.1", 0});
  server.stop();
}

}  // namespace
}  // namespace skiff
