#include "cli/http/transfer.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "tests/cli/scripted_server.h"

namespace skiff::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

AdminAddress addressOf(const ScriptedServer& server) {
  return {.host = "127.0.0.1", .port = server.port()};
}

TEST(Transfer, GivesUpOnAServerThatStaysSilent) {
  using boost::asio::ip::tcp;
  boost::asio::io_context context;
  // Its system takes the connection, and nobody ever reads from it.
  const tcp::acceptor acceptor(context, {boost::asio::ip::address_v4::loopback(), 0});
  const auto reply = transfer({.host = "127.0.0.1", .port = acceptor.local_endpoint().port()},
                              {.target = "/x"}, {.timeout = std::chrono::milliseconds(50)});
  ASSERT_FALSE(reply.has_value());
}

TEST(Transfer, RefusesAnAnswerBeyondTheLimit) {
  ScriptedServer server;
  server.on("GET /known", answer(200, std::string(1001, 'x')));
  server.on("GET /unknown", "HTTP/1.1 200 OK\r\n\r\n" + std::string(1001, 'x'));
  server.on("GET /chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
                                std::string(1001, 'x') + "\r\n0\r\n\r\n");
  for (const char* target : {"/known", "/unknown", "/chunked"}) {
    const auto reply = transfer(addressOf(server), {.target = target}, {.body = 1000});
    ASSERT_FALSE(reply.has_value()) << target;
    EXPECT_THAT(reply.error().message, HasSubstr("body limit"));
    EXPECT_TRUE(transfer(addressOf(server), {.target = target}, {.body = 1001})) << target;
  }
}

TEST(Transfer, NamesAHostThatDoesNotExist) {
  const auto reply =
      transfer({.host = "no-such-host.invalid", .port = 9090}, {.target = "/healthz"});
  ASSERT_FALSE(reply.has_value());
  EXPECT_THAT(reply.error().message,
              AllOf(HasSubstr("no-such-host.invalid:9090"), HasSubstr("--admin")));
}

TEST(Transfer, DoesNotTakeAPlainServerForAnEncryptedOne) {
  ScriptedServer server;
  AdminAddress address = addressOf(server);
  address.isEncrypted = true;
  EXPECT_FALSE(transfer(address, {.target = "/"}, {.timeout = std::chrono::milliseconds(500)}));
}

TEST(Transfer, HandsOnEventsAndThenTheEnd) {
  ScriptedServer server;
  server.on("GET /events", eventStream("data: 1\n\ndata: 2\n\ndata: 3"));
  std::string seen;
  const auto reply = transfer(addressOf(server), {.target = "/events"}, {},
                              {.onSent = {}, .onEvent = [&](const SseEvent& event) {
                                 seen += event.data;
                                 return true;
                               }});
  ASSERT_TRUE(reply.has_value()) << reply.error().message;
  EXPECT_EQ(reply->status, 200U);
  EXPECT_EQ(seen, "12");
}

TEST(Transfer, FailsIfAStreamWithALengthIsCut) {
  ScriptedServer server;
  server.on("GET /events",
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: "
            "chunked\r\n\r\n9\r\ndata: 1\n\n\r\n");
  int events = 0;
  const auto reply = transfer(addressOf(server), {.target = "/events"}, {},
                              {.onSent = {}, .onEvent = [&](const SseEvent&) {
                                 ++events;
                                 return true;
                               }});
  EXPECT_FALSE(reply.has_value());
  EXPECT_EQ(events, 1);
}

TEST(Transfer, CountsWhatIsOnItsWay) {
  ScriptedServer server;
  server.on("POST /x", answer(200, "{}"));
  std::vector<std::uint64_t> sent;
  const Request request{.method = "POST",
                        .target = "/x",
                        .contentType = "application/wasm",
                        .body = std::string(150'000, 'x')};
  ASSERT_TRUE(
      transfer(addressOf(server), request, {},
               {.onSent = [&](std::uint64_t bytes) { sent.push_back(bytes); }, .onEvent = {}}));
  EXPECT_EQ(sent, (std::vector<std::uint64_t>{65'536, 131'072, 150'000}));
  EXPECT_EQ(server.asked().front().body, request.body);
}

}  // namespace
}  // namespace skiff::cli
