// What RFC 9113 says that a server itself must send, or must not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "tests/server/http2/http2_client.h"
#include "tests/server/http2/http2_server.h"

namespace skiff {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

/// Fields that speak of a connection, as a guest may write them (8.2.2).
void addConnectionFields(HeaderList& fields) {
  fields.add("Connection", "close");
  fields.add("connection", "keep-alive");
  fields.add("Keep-Alive", "timeout=5");
  fields.add("Proxy-Connection", "keep-alive");
  fields.add("Transfer-Encoding", "chunked");
  fields.add("Upgrade", "websocket");
  fields.add("TE", "trailers");
}

void expectNoneOfConnections(const std::map<std::string, std::string>& fields) {
  for (const char* name :
       {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te"}) {
    EXPECT_THAT(fields, Not(Contains(Key(name))));
  }
}

MATCHER(IsInLowerCase, "") {
  return std::none_of(arg.begin(), arg.end(), [](char byte) { return byte >= 'A' && byte <= 'Z'; });
}

TEST(Http2Answers, BeginWithSettings) {  // 3.4
  TestServer server(answerAnything, http2Limits());
  Http2Client client(server.port());
  const auto first = client.read();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->type, kSettings);
  EXPECT_EQ(first->flags, 0);
  EXPECT_EQ(first->stream, 0U);
}

TEST(Http2Answers, AcknowledgeEachSettingsOnceAndNoAcknowledgement) {  // 6.5.3
  TestServer server(answerAnything, http2Limits());
  Http2Client client(server.port());
  ASSERT_TRUE(client.ping());
  EXPECT_EQ(client.settingsAcknowledged(), 1U);
  client.send(frame(kSettings, kAck, 0));  // of the server's
  client.send(frame(kSettings, 0, 0, setting(4, 10)) + frame(kSettings, 0, 0));
  ASSERT_TRUE(client.ping());
  EXPECT_EQ(client.settingsAcknowledged(), 3U);
}

TEST(Http2Answers, AreSentByTheSettingsThatWereAcknowledged) {  // 6.5.3
  TestServer server(answerAnything, http2Limits());
  Http2Client client(server.port());
  client.send(frame(kSettings, 0, 0, setting(4, 10)) + client.headers(1, get("/large")));
  ASSERT_TRUE(client.readUntil([&] { return client.stream(1).body.size() >= 10; }));
  EXPECT_EQ(client.settingsAcknowledged(), 2U);
  ASSERT_TRUE(client.ping());
  EXPECT_EQ(client.stream(1).body.size(), 10U);
}

TEST(Http2Answers, SendAPingBackAsItCame) {  // 6.7
  TestServer server(answerAnything, http2Limits());
  Http2Client client(server.port());
  const std::string zeros(8, '\0');
  const std::string any("\xff\x00\x80 aZ\r\n", 8);
  client.send(frame(kPing, 0, 0, zeros) + frame(kPing, 0, 0, any));
  client.send(frame(kPing, kAck, 0, "answered"));
  ASSERT_TRUE(client.readUntil([&] { return client.pongs().size() == 2; }));
  ASSERT_TRUE(client.ping());
  EXPECT_THAT(client.pongs(), ElementsAre(zeros, any, "12345678"));
}

TEST(Http2Answers, SayNothingOfConnectionsAndNameFieldsInLowerCase) {  // 8.2.1, 8.2.2
  TestServer server(
      [](HttpExchange& exchange) {
        addConnectionFields(exchange.response().headers);
        exchange.response().headers.add("X-Mixed-Case", "As It Is");
        exchange.finishWith("body");
      },
      http2Limits());
  Http2Client client(server.port());
  const StreamAnswer& answer = client.ask(1, get());
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(answer.body, "body");
  EXPECT_THAT(answer.fields, AllOf(Contains(Pair("x-mixed-case", "As It Is")),
                                   Contains(Pair("content-length", "4")), Contains(Key("date")),
                                   Each(Key(IsInLowerCase()))));
  expectNoneOfConnections(answer.fields);
}

TEST(Http2Answers, SayNothingOfConnectionsInTrailersAndNameThemInLowerCase) {  // 8.1, 8.2.2
  TestServer server(
      [](HttpExchange& exchange) {
        addConnectionFields(exchange.response().headers);
        write(exchange, "body");
        exchange.flush();
        addConnectionFields(exchange.response().trailers);
        exchange.response().trailers.add(":status", "200");
        exchange.response().trailers.add("X-Sum", "4");
        exchange.finish();
      },
      http2Limits());
  Http2Client client(server.port());
  const StreamAnswer& answer = client.ask(1, get());
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(answer.body, "body");
  expectNoneOfConnections(answer.fields);
  EXPECT_THAT(answer.fields, Each(Key(IsInLowerCase())));
  EXPECT_THAT(answer.trailers, ElementsAre(Pair("x-sum", "4")));
}

TEST(Http2Answers, NameTheFieldsOfRefusalsInLowerCase) {  // 8.2.1
  TestServer server(answerAnything, http2Limits());
  Http2Client client(server.port());
  const StreamAnswer& answer = client.ask(1, get("/", {{"host", "b.test"}}));
  EXPECT_EQ(answer.status, "400");
  expectNoneOfConnections(answer.fields);
  EXPECT_THAT(answer.fields, Each(Key(IsInLowerCase())));
}

}  // namespace
}  // namespace skiff
