#include "cli/commands.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <sstream>
#include <thread>

#include "server/admin/admin_server.h"

namespace skiff {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::AllOf;
using testing::HasSubstr;

struct Outcome {
  ExitStatus status;
  std::string out;
  std::string errors;
};

Outcome status(std::uint16_t port) {
  std::ostringstream out, errors;
  const ExitStatus ended = showStatus({"127.0.0.1", port}, out, errors);
  return {ended, out.str(), errors.str()};
}

Outcome metrics(std::uint16_t port, std::string_view pattern = {}) {
  std::ostringstream out, errors;
  const ExitStatus ended = showMetrics({"127.0.0.1", port}, pattern, out, errors);
  return {ended, out.str(), errors.str()};
}

/// An admin listener as the daemon has it.
class Daemon {
 public:
  explicit Daemon(std::vector<std::string> notReady = {})
      : server_({.metrics = [] { return std::string("skiff_isolates 3\nother 1\n"); },
                 .notReady = [notReady] { return notReady; },
                 .engine = "V8 14.6"},
                {"127.0.0.1", 0}) {
    if (!server_.start()) throw std::runtime_error("no port for the test");
  }
  std::uint16_t port() const { return server_.port(); }

 private:
  AdminServer server_;
};

/// Accepts connections and gives each the same bytes as its answer, whatever they are; with nothing
/// to say it stays silent until it is destroyed.
class OtherServer {
 public:
  explicit OtherServer(std::string answer)
      : acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        answer_(std::move(answer)) {
    accept();
    thread_ = std::thread([this] { context_.run(); });
  }
  ~OtherServer() {
    context_.stop();
    thread_.join();
  }
  std::uint16_t port() { return acceptor_.local_endpoint().port(); }

 private:
  void accept() {
    acceptor_.async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
      if (error) return;
      if (answer_.empty()) {
        held_.push_back(std::move(socket));
      } else {
        std::string request;
        boost::system::error_code ignored;
        asio::read_until(socket, asio::dynamic_buffer(request), "\r\n\r\n", ignored);
        asio::write(socket, asio::buffer(answer_), ignored);
      }
      accept();
    });
  }

  asio::io_context context_;
  tcp::acceptor acceptor_;
  const std::string answer_;
  std::vector<tcp::socket> held_;
  std::thread thread_;
};

std::uint16_t closedPort() {
  asio::io_context context;
  return tcp::acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0))
      .local_endpoint()
      .port();
}

TEST(StatusCommand, TellsOfADaemonThatIsReady) {
  const Daemon daemon;
  const Outcome outcome = status(daemon.port());
  EXPECT_EQ(outcome.status, ExitStatus::success);
  EXPECT_EQ(outcome.out, "skiffd " SKIFF_VERSION " at http://127.0.0.1:" +
                             std::to_string(daemon.port()) + "\nengine  V8 14.6\nstate   ready\n");
  EXPECT_EQ(outcome.errors, "");
}

TEST(StatusCommand, ListsWhatADaemonIsWaitingFor) {
  const Daemon daemon({"acme/hello: preparing", "globex/\x1b[2Jcgi"});
  const Outcome outcome = status(daemon.port());
  EXPECT_EQ(outcome.status, ExitStatus::negative);
  EXPECT_THAT(outcome.out, HasSubstr("state   not ready, waiting for\n"
                                     "        acme/hello: preparing\n"
                                     "        globex/\\x1b[2Jcgi\n"));
}

TEST(StatusCommand, SaysWhatToDoWhenNobodyListens) {
  const Outcome outcome = status(closedPort());
  EXPECT_EQ(outcome.status, ExitStatus::failed);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.errors, AllOf(HasSubstr("Connection refused"), HasSubstr("Is skiffd running"),
                                    HasSubstr("--admin"), HasSubstr("SKIFF_ADMIN")));
}

struct OtherCase {
  std::string_view name;
  std::string answer;
};

class AnswerOfAnotherServer : public testing::TestWithParam<OtherCase> {};

TEST_P(AnswerOfAnotherServer, IsNotTakenForADaemon) {
  OtherServer server(GetParam().answer);
  for (const Outcome& outcome : {status(server.port()), metrics(server.port())}) {
    EXPECT_EQ(outcome.status, ExitStatus::failed);
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.errors, HasSubstr("[admin] listen"));
  }
}

std::string response(std::string_view statusLine, std::string_view body) {
  return "HTTP/1.1 " + std::string(statusLine) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

INSTANTIATE_TEST_SUITE_P(
    Answers, AnswerOfAnotherServer,
    testing::Values(OtherCase{"NotHttp", "220 mail.example ESMTP\r\n"},
                    OtherCase{"NotFound", response("404 Not Found", "no such page")},
                    OtherCase{"BrokenOff", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"},
                    OtherCase{"EndlessHead", "HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x')}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(StatusCommand, IsNotMisledByJsonOfAnotherKind) {
  for (const std::string_view body :
       {"{\"status\":1}", "[]", "\"ok\"", "{\"status\":\"up\"}", ""}) {
    OtherServer server(response("200 OK", body));
    EXPECT_EQ(status(server.port()).status, ExitStatus::failed) << body;
  }
}

TEST(MetricsCommand, PrintsAllOrThoseThatMatch) {
  const Daemon daemon;
  EXPECT_EQ(metrics(daemon.port()).out, "skiff_isolates 3\nother 1\n");
  const Outcome matching = metrics(daemon.port(), "isol");
  EXPECT_EQ(matching.out, "skiff_isolates 3\n");
  EXPECT_EQ(matching.status, ExitStatus::success);
}

TEST(MetricsCommand, IsNegativeIfNothingMatches) {
  const Daemon daemon;
  const Outcome outcome = metrics(daemon.port(), "nothing like it");
  EXPECT_EQ(outcome.status, ExitStatus::negative);
  EXPECT_EQ(outcome.out, "");
}

TEST(GetFromAdmin, GivesUpOnAServerThatStaysSilent) {
  OtherServer silent("");
  const auto reply = getFromAdmin({"127.0.0.1", silent.port()}, "/healthz",
                                  {.timeout = std::chrono::milliseconds(50)});
  ASSERT_FALSE(reply.has_value());
  EXPECT_THAT(reply.error().message, HasSubstr("too long"));
}

TEST(GetFromAdmin, RefusesAnAnswerBeyondTheLimit) {
  OtherServer server(response("200 OK", std::string(1001, 'x')));
  const auto reply = getFromAdmin({"127.0.0.1", server.port()}, "/metrics", {.body = 1000});
  ASSERT_FALSE(reply.has_value());
  EXPECT_THAT(reply.error().message, HasSubstr("body limit"));
}

TEST(GetFromAdmin, NamesAHostThatDoesNotExist) {
  const auto reply = getFromAdmin({"no-such-host.invalid", 9090}, "/healthz");
  ASSERT_FALSE(reply.has_value());
  EXPECT_THAT(reply.error().message,
              AllOf(HasSubstr("no-such-host.invalid:9090"), HasSubstr("--admin")));
}

}  // namespace
}  // namespace skiff
