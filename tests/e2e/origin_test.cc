#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <future>

#include "tests/e2e/daemon.h"
#include "tests/server/origin/scripted_origin.h"

namespace skiff::e2e {
namespace {

using ::testing::HasSubstr;

ConfigText inFrontOf(const std::string& origin) {
  ConfigText config;
  config.server = "shards = 1\n";
  config.apps = {{"front", "headers", "origin = \"" + origin + "\"\nconfig = \"inner.test\"\n",
                  "wall_ms = 20000\n"}};
  return config;
}

/// A head in lower case, for looking up its fields.
std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

TEST(AHandlerInFrontOfAnOrigin, AddsHeadersOnTheWayThereAndBack) {
  std::string asked;
  ScriptedOrigin origin({[&](Peer& peer) {
    asked = lower(peer.readHead());
    peer.send("HTTP/1.1 201 Made\r\nContent-Length: 5\r\nX-Origin: yes\r\n\r\nhello");
    peer.waitForClose();
  }});
  {
    Daemon daemon(inFrontOf(origin.url()));
    const Response response = daemon.connect().ask(
        request("GET", "front.test", "/path?query", {}, "Cookie: a=b\r\nX-Mine: 1\r\n"));
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.body, "hello");
    EXPECT_EQ(response.field("x-origin"), "yes");
    EXPECT_EQ(response.field("x-served-through"), "skiff");
    EXPECT_EQ(response.field("cache-control"), "private");
  }
  EXPECT_EQ(origin.finish(), "");
  for (const char* part : {"get /path?query http/1.1\r\n", "\r\nhost: inner.test\r\n",
                           "\r\nx-guest: skiff-headers\r\n", "\r\nx-forwarded-for: 127.0.0.1\r\n",
                           "\r\ncookie: a=b\r\n", "\r\nx-mine: 1\r\n"}) {
    EXPECT_THAT(asked, HasSubstr(part));
  }
}

TEST(AHandlerInFrontOfAnOrigin, CanHaveAnotherSkiffBehindIt) {
  ConfigText inner;
  inner.apps = {{"inner", "cgi", {}, {}}};
  Daemon behind(inner);
  Daemon daemon(inFrontOf("http://127.0.0.1:" + std::to_string(behind.port())));
  Client client = daemon.connect();
  for (int i = 0; i < 20; ++i) {
    const std::string body(static_cast<std::size_t>(i) * 5000 + 1, static_cast<char>('a' + i));
    const Response response = client.ask(request("POST", "front.test", "/deep?x=y", body));
    EXPECT_EQ(response.status, 200);
    EXPECT_THAT(response.body, HasSubstr("  HTTP_X_GUEST=skiff-headers\n"));
    EXPECT_THAT(response.body, HasSubstr("  QUERY_STRING=x=y\n"));
    EXPECT_THAT(response.body, HasSubstr("\nbody:\n" + body + "\n("));
  }
  // One connection was enough.
  const auto outcome = [&](const char* word) {
    return daemon.metrics().sum("skiff_origin_requests_total", {{"outcome", word}});
  };
  EXPECT_TRUE(eventually([&] { return outcome("reused") == 19; }));
  EXPECT_EQ(outcome("opened"), 1);
}

TEST(AHandlerInFrontOfAnOrigin, StreamsBodiesBothWaysAtOnce) {
  ScriptedOrigin origin({[&](Peer& peer) {
    peer.readHead();
    peer.readUntil("one");
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nONE\r\n");
    peer.readUntil("two");
    peer.send("3\r\nTWO\r\n0\r\n\r\n");
    peer.waitForClose();
  }});
  {
    Daemon daemon(inFrontOf(origin.url()));
    Client client = daemon.connect();
    client.send(
        "POST / HTTP/1.1\r\nHost: front.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
    EXPECT_THAT(client.receiveUntil("ONE"), HasSubstr("200 OK"));
    client.send("3\r\ntwo\r\n0\r\n\r\n");
    client.receiveUntil("TWO\r\n0\r\n\r\n");
  }
  EXPECT_EQ(origin.finish(), "");
}

TEST(AnOriginThatIsNotThere, IsABadGateway) {
  std::string url;
  {
    ScriptedOrigin gone({});
    url = gone.url();
  }
  Daemon daemon(inFrontOf(url));
  for (int i = 0; i < 3; ++i) {
    const Response response = daemon.get("front.test", "/down");
    EXPECT_EQ(response.status, 502);
    EXPECT_EQ(response.field("skiff-reason"), "origin_error");
  }
  EXPECT_EQ(daemon.accessLine("\"path\":\"/down\"").value("reason"), "origin_error");
  EXPECT_TRUE(eventually([&] {
    return daemon.metrics().sum("skiff_origin_requests_total", {{"outcome", "failed"}}) == 3;
  }));
}

TEST(AnOriginThatAnswersNonsense, IsABadGateway) {
  const std::vector<std::pair<std::string, std::string>> answers{
      {"nothing", ""},
      {"no HTTP", "220 mail.example ESMTP\r\n"},
      {"half a head", "HTTP/1.1 200 OK\r\nContent-Len"},
      {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"},
      {"a status beyond three digits", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"},
      {"a control character", "HTTP/1.1 200 OK\r\nX: a\x01z\r\nContent-Length: 0\r\n\r\n"},
      {"zero bytes", std::string(4096, '\0')},
  };
  for (const auto& [name, answer] : answers) {
    SCOPED_TRACE(name);
    const ScriptedOrigin::Script script = [&answer = answer](Peer& peer) {
      peer.readHead();
      peer.send(answer);
    };
    ScriptedOrigin origin({script});
    {
      Daemon daemon(inFrontOf(origin.url()));
      const Response response = daemon.get("front.test");
      EXPECT_EQ(response.status, 502);
      EXPECT_EQ(response.field("skiff-reason"), "origin_error");
    }
    EXPECT_EQ(origin.finish(), "");
  }
}

TEST(AnOriginThatBreaksOffInTheMiddle, LeavesAnAnswerThatIsSeenToBeBroken) {
  std::promise<void> seen;
  ScriptedOrigin origin({[&](Peer& peer) {
    peer.readHead();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf");
    // Before its client has seen some of it, the answer could still be replaced by a problem.
    seen.get_future().wait_for(kPatience);
  }});
  Daemon daemon(inFrontOf(origin.url()));
  Client client = daemon.connect();
  client.send(request("GET", "front.test", "/half"));
  client.receiveUntil("half");
  seen.set_value();
  EXPECT_TRUE(client.isClosed());
  EXPECT_EQ(daemon.accessLine("\"path\":\"/half\"").value("reason"), "origin_error");
}

TEST(AnOriginThatIsSilent, UsesUpTheRequestsWallTime) {
  ScriptedOrigin origin({[](Peer& peer) {
    peer.readHead();
    peer.waitForClose();
  }});
  ConfigText config = inFrontOf(origin.url());
  config.apps.front().limits = "wall_ms = 300\n";
  Daemon daemon(config);
  const Response response = daemon.get("front.test");
  EXPECT_EQ(response.status, 504);
  EXPECT_EQ(response.field("skiff-reason"), "wall_limit");
}

TEST(AnOriginThatNeverComesToAnEnd, IsCutAtTheRequestsWallTime) {
  ScriptedOrigin origin({[](Peer& peer) {
    peer.readHead();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegun");
    peer.waitForClose();
  }});
  ConfigText config = inFrontOf(origin.url());
  config.apps.front().limits = "wall_ms = 300\n";
  Daemon daemon(config);
  Client client = daemon.connect();
  client.send(request("GET", "front.test", "/endless"));
  client.receiveUntil("begun");
  EXPECT_TRUE(client.isClosed());
  EXPECT_EQ(daemon.accessLine("\"path\":\"/endless\"").value("reason"), "wall_limit");
}

}  // namespace
}  // namespace skiff::e2e
