#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/daemon.h"

namespace skiff::e2e {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

class ExampleApps : public ::testing::Test {
 protected:
  static ConfigText config() {
    ConfigText config;
    config.apps = {{"hello", "hello", "config = \"Hello from the test\"\n", {}},
                   {"constant", "hello_wat", {}, {}},
                   {"echo", "echo", {}, {}},
                   {"cgi", "cgi", "env = { GREETING = \"hi\" }\n", {}, "globex"},
                   {"greet", "greet", {}, {}, "globex"}};
    return config;
  }
  Daemon daemon{config()};
};
using AnAppAnswers = ExampleApps;
using TheFrontEnd = ExampleApps;

TEST_F(AnAppAnswers, WithItsConfiguredGreetingAndTheTargetAsked) {
  const Response response = daemon.get("hello.test", "/some/path?with=query");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "Hello from the test, you asked for /some/path?with=query\n");
  EXPECT_EQ(response.field("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(response.field("skiff-reason"), "");
}

TEST_F(AnAppAnswers, WithTheBodyThatCameIn) {
  std::string body;
  for (int i = 0; i < 300'000; ++i) body += static_cast<char>(i * 7 % 256);
  const Response response = daemon.connect().ask(
      request("POST", "echo.test", "/", body, "Content-Type: application/x-test\r\n"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.field("content-type"), "application/x-test");
  EXPECT_EQ(response.body, body);
}

TEST_F(AnAppAnswers, AsACgiProgramWithItsEnvironmentAndItsBody) {
  const Response response = daemon.connect().ask(
      request("POST", "cgi.test", "/any/path?color=blue", "standard input", "X-Colour: red\r\n"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.field("content-type"), "text/plain");
  EXPECT_THAT(response.body, StartsWith("POST http://cgi.test"));
  for (const char* line :
       {"  GREETING=hi\n", "  QUERY_STRING=color=blue\n", "  HTTP_X_COLOUR=red\n",
        "  REQUEST_METHOD=POST\n", "  CONTENT_LENGTH=14\n", "  REMOTE_ADDR=127.0.0.1\n",
        "  SERVER_PROTOCOL=HTTP/1.1\n"}) {
    EXPECT_THAT(response.body, HasSubstr(line));
  }
  EXPECT_THAT(response.body, EndsWith("\nbody:\nstandard input\n(14 bytes)\n"));
}

TEST_F(AnAppAnswers, AsAnAssemblyScriptModule) {
  EXPECT_EQ(daemon.get("greet.test", "/?name=World").body, "Hello, World!\n");
  EXPECT_EQ(daemon.get("greet.test", "/").body, "Hello, stranger!\n");
}

TEST_F(AnAppAnswers, AndWhatItWritesToStandardErrorIsLoggedUnderItsName) {
  daemon.connect().ask(request("POST", "cgi.test", "/", "12345"));
  const std::string line =
      daemon.process().waitForLine(Process::Stream::output, "answered with 5 bytes of body");
  EXPECT_THAT(line, HasSubstr("\"tenant\":\"globex\",\"app\":\"cgi\""));
  EXPECT_THAT(line, HasSubstr("\"request_id\":\""));
}

TEST_F(TheFrontEnd, AnswersHeadLikeGetWithoutTheBody) {
  Client client = daemon.connect();
  const Response whole = client.ask(request("GET", "constant.test", "/"));
  client.send(request("HEAD", "constant.test", "/"));
  const Response head = client.receive(Answers::toHead);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(head.field("content-length"), "15");
  EXPECT_EQ(head.field("content-type"), whole.field("content-type"));
  // Nothing of a body came: the next answer on the connection is whole.
  EXPECT_EQ(client.ask(request("GET", "constant.test", "/")).body, "Hello from wasm");
}

TEST_F(TheFrontEnd, DatesEveryAnswer) {
  EXPECT_THAT(daemon.get("hello.test").field("date"),
              MatchesRegex("[A-Z][a-z][a-z], [0-9]+ [A-Z][a-z][a-z] 20[0-9]+ [0-9:]+ GMT"));
  EXPECT_NE(daemon.get("nobody.test").field("date"), "");
}

TEST_F(TheFrontEnd, SaysWhyThereIsNoRoute) {
  const Response response = daemon.get("nobody.test", "/somewhere");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.field("content-type"), "application/problem+json");
  EXPECT_EQ(response.field("skiff-reason"), "no_route");
  EXPECT_THAT(response.body, HasSubstr("\"reason\":\"no_route\""));
  EXPECT_THAT(response.body, HasSubstr("\"status\":404"));
  const AccessLine line = daemon.accessLine("\"path\":\"/somewhere\"");
  EXPECT_EQ(line.value("reason"), "no_route");
  EXPECT_EQ(line.value("status"), "404");
  EXPECT_THAT(response.body, HasSubstr("\"request_id\":\"" + line.value("request_id") + "\""));
}

TEST_F(TheFrontEnd, LogsWhoWasAskedWhatAndHowItWent) {
  daemon.connect().ask(request("POST", "echo.test", "/logged", "12345"));
  const AccessLine line = daemon.accessLine("\"path\":\"/logged\"");
  EXPECT_EQ(line.value("tenant"), "acme");
  EXPECT_EQ(line.value("app"), "echo");
  EXPECT_THAT(line.value("version"), MatchesRegex("sha256:[0-9a-f]+"));
  EXPECT_EQ(line.value("method"), "POST");
  EXPECT_EQ(line.value("host"), "echo.test");
  EXPECT_EQ(line.value("status"), "200");
  EXPECT_EQ(line.value("reason"), "");
  EXPECT_GT(std::stod(line.value("duration_ms")), 0);
  EXPECT_GT(std::stod(line.value("cpu_ms")), 0);
  EXPECT_GT(std::stoul(line.value("bytes_in")), 5u);
  EXPECT_THAT(line.value("source"), StartsWith("127.0.0.1"));
}

TEST_F(TheFrontEnd, KeepsAConnectionForMoreRequests) {
  Client client = daemon.connect();
  for (int i = 0; i < 50; ++i) {
    const std::string target = "/" + std::to_string(i);
    const Response response = client.ask(request("GET", "hello.test", target));
    EXPECT_TRUE(response.keepsConnection);
    EXPECT_EQ(response.body, "Hello from the test, you asked for " + target + "\n");
  }
}

TEST_F(TheFrontEnd, EndsAConnectionWhenAskedTo) {
  Client client = daemon.connect();
  const Response response =
      client.ask(request("GET", "hello.test", "/", {}, "Connection: close\r\n"));
  EXPECT_EQ(response.field("connection"), "close");
  EXPECT_TRUE(client.isClosed());
}

TEST_F(TheFrontEnd, AnswersPipelinedRequestsInTheirOrder) {
  Client client = daemon.connect();
  std::string requests;
  for (int i = 0; i < 20; ++i) {
    requests += request("POST", "echo.test", "/", "body " + std::to_string(i));
    requests += request("GET", "hello.test", "/" + std::to_string(i));
  }
  client.send(requests);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(client.receive().body, "body " + std::to_string(i));
    EXPECT_EQ(client.receive().body,
              "Hello from the test, you asked for /" + std::to_string(i) + "\n");
  }
}

TEST_F(TheFrontEnd, ReadsChunkedBodiesInWhateverPieces) {
  Client client = daemon.connect();
  const std::string text =
      "POST / HTTP/1.1\r\nHost: echo.test\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n1;x=y\r\n \r\n00005\r\nworld\r\n0\r\nSome: trailer\r\n\r\n";
  for (const char byte : text) client.send({&byte, 1});
  EXPECT_EQ(client.receive().body, "hello world");
  EXPECT_EQ(client.ask(request("GET", "constant.test", "/")).body, "Hello from wasm");
}

TEST_F(TheFrontEnd, AsksForABodyThatAwaitsItsInvitation) {
  Client client = daemon.connect();
  client.send(
      "POST / HTTP/1.1\r\nHost: echo.test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive().status, 100);
  client.send("hello");
  EXPECT_EQ(client.receive().body, "hello");
}

}  // namespace
}  // namespace skiff::e2e
