#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/http/origin_call.h"
#include "tests/server/http/http_client.h"
#include "tests/server/http/test_server.h"

namespace skiff {
namespace {

using testing::HasSubstr;
using testing::Not;

/// An origin that the test plays: what it was sent is recorded, what it answers is given. All in
/// the server's thread.
class ScriptedOrigin : public OriginConnector {
 public:
  class Call : public OriginCall {
   public:
    Call(ScriptedOrigin& origin, OriginListener& listener)
        : origin_(origin), listener_(listener), headers_(memory_) {}
    ~Call() override { origin_.call = nullptr; }

    void start(std::string_view method, std::string_view target, const HeaderList& headers,
               std::optional<std::uint64_t> bodyLength) override {
      origin_.head.append(method).append(" ").append(target);
      for (const Header& field : headers) {
        origin_.head.append(" ").append(field.name).append("=").append(field.value);
      }
      origin_.length = bodyLength;
    }
    std::size_t writeBody(std::span<const std::byte> bytes) override {
      const std::size_t taken = std::min(bytes.size(), origin_.room);
      origin_.room -= taken;
      origin_.body.append(reinterpret_cast<const char*>(bytes.data()), taken);
      return taken;
    }
    void finishBody() override { origin_.bodyFinished = true; }
    State state() const override { return state_; }
    std::string_view error() const override { return error_; }
    int status() const override { return status_; }
    const HeaderList& headers() const override { return headers_; }
    BodyRead readBody(std::span<std::byte> into) override {
      const std::size_t size = std::min(into.size(), answer_.size());
      std::copy_n(reinterpret_cast<const std::byte*>(answer_.data()), size, into.data());
      answer_.erase(0, size);
      return {size, answer_.empty() && ended_};
    }

    void answerHead(int status, std::vector<std::pair<std::string, std::string>> fields) {
      status_ = status;
      for (const auto& [name, value] : fields) headers_.add(name, value);
      state_ = State::head;
      listener_.onOriginEvent();
    }
    void answerBody(std::string_view bytes, bool end) {
      answer_ += bytes;
      ended_ = end;
      listener_.onOriginEvent();
    }
    void breakOff(std::string error) {
      state_ = State::failed;
      error_ = std::move(error);
      listener_.onOriginEvent();
    }
    void makeRoom(std::size_t room) {
      origin_.room = room;
      listener_.onOriginEvent();
    }
    std::size_t unread() const { return answer_.size(); }

   private:
    ScriptedOrigin& origin_;
    OriginListener& listener_;
    std::pmr::monotonic_buffer_resource memory_;
    HeaderList headers_;
    State state_ = State::waiting;
    int status_ = 0;
    std::string answer_;
    std::string error_;
    bool ended_ = false;
  };

  std::unique_ptr<OriginCall> open(OriginListener& listener) override {
    auto made = std::make_unique<Call>(*this, listener);
    call = made.get();
    return made;
  }

  Call* call = nullptr;
  std::string head;
  std::string body;
  std::optional<std::uint64_t> length;
  std::size_t room = 1 << 30;
  bool bodyFinished = false;
};

class NextForwardTest : public testing::Test {
 protected:
  using OnNext = std::function<void(HttpExchange&)>;

  /// A guest that goes on to the origin and then does what the test says.
  TestServer::Answer forward(NextRequest request, OnNext onNext) {
    return [this, request, onNext](HttpExchange& exchange) {
      exchange.setOrigin(&origin);
      exchange.response().headers.add("X-Guest", "yes");
      exchange.response().headers.add("Server", "the guest's");
      exchange.startNext(request);
      Script::run(exchange, [onNext](HttpExchange& now) {
        if (now.nextState() == NextState::pending) {
          now.waitFor(kWaitNext);
        } else {
          onNext(now);
        }
      });
    };
  }

  /// Waits until `done` is true in the server's thread.
  template <class Done>
  void until(TestServer& server, Done done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!server.inServer(done)) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "waited in vain";
    }
  }

  static void relay(HttpExchange& exchange) { exchange.finishWithNext(); }

  ScriptedOrigin origin;
};

TEST_F(NextForwardTest, TheOriginsAnswerIsRelayedAndMerged) {
  TestServer server(forward({}, relay));
  HttpClient client(server.port());
  client.send("GET /p?q HTTP/1.1\r\nHost: a.b\r\nX: 1\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n");
  until(server, [&] { return origin.call != nullptr; });
  server.inServer([&] {
    EXPECT_EQ(origin.head, "GET /p?q Host=a.b X=1");
    EXPECT_EQ(origin.length, 0u);
    EXPECT_TRUE(origin.bodyFinished);
    origin.call->answerHead(
        201,
        {{"Server", "origin"}, {"Set-Cookie", "a"}, {"Set-Cookie", "b"}, {"Content-Length", "5"}});
    origin.call->answerBody("hello", true);
  });
  const auto response = client.read();
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, "hello");
  EXPECT_EQ(response.field("content-length"), "5");
  EXPECT_THAT(response.head, HasSubstr("Set-Cookie: a\r\nSet-Cookie: b\r\n"));
  EXPECT_THAT(response.head, HasSubstr("X-Guest: yes\r\n"));
  EXPECT_THAT(response.head, Not(HasSubstr("the guest's")));
  // The call is given back with the exchange.
  until(server, [&] { return origin.call == nullptr; });
}

TEST_F(NextForwardTest, TheBodyGoesOutBeginningWithWhatTheGuestWrote) {
  TestServer server(forward({"prefix ", true, false}, relay));
  HttpClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n");
  EXPECT_EQ(client.readSome(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("01234");
  until(server, [&] { return origin.body == "prefix 01234"; });
  client.send("56789");
  until(server, [&] { return origin.bodyFinished; });
  server.inServer([&] {
    EXPECT_EQ(origin.length, 17u);
    EXPECT_EQ(origin.body, "prefix 0123456789");
    EXPECT_THAT(origin.head, Not(HasSubstr("Expect")));
    EXPECT_THAT(origin.head, Not(HasSubstr("Content-Length")));
    origin.call->answerHead(200, {});
    origin.call->answerBody("", true);
  });
  EXPECT_EQ(client.read().body, "");
}

TEST_F(NextForwardTest, AChunkedBodyStaysWithoutALength) {
  TestServer server(forward({}, relay));
  HttpClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  until(server, [&] { return origin.body == "hello"; });
  server.inServer([&] { EXPECT_EQ(origin.length, std::nullopt); });
  client.send("0\r\n\r\n");
  until(server, [&] { return origin.bodyFinished; });
}

TEST_F(NextForwardTest, AGuestsBodyAloneIsSentWithItsLength) {
  TestServer server(forward({"instead", false, false}, relay));
  HttpClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
  until(server, [&] { return origin.bodyFinished; });
  server.inServer([&] {
    EXPECT_EQ(origin.length, 7u);
    EXPECT_EQ(origin.body, "instead");
    origin.call->answerHead(200, {});
    origin.call->answerBody("ok", true);
  });
  EXPECT_EQ(client.read().body, "ok");
  EXPECT_EQ(server.reports(1)[0].reason, Reason::none);
}

TEST_F(NextForwardTest, AnOriginThatTakesNothingHoldsBackTheClient) {
  origin.room = 1000;
  TestServer server(forward({}, relay));
  HttpClient client(server.port());
  const std::string body(300'000, 'x');
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n");
  std::thread sender([&] { client.send(body); });
  until(server, [&] { return origin.body.size() == 1000; });
  until(server, [&] {
    if (!origin.bodyFinished) origin.call->makeRoom(50'000);
    return origin.bodyFinished;
  });
  sender.join();
  EXPECT_EQ(origin.body, body);
}

TEST_F(NextForwardTest, AClientThatTakesNothingHoldsBackTheOrigin) {
  TestServer server(forward({}, relay));
  HttpClient client(server.port(), 4096);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  until(server, [&] { return origin.call != nullptr; });
  constexpr std::size_t kSize = 30'000'000;
  server.inServer([&] {
    origin.call->answerHead(200, {});
    origin.call->answerBody(std::string(kSize, 'x'), true);
  });
  EXPECT_GT(server.inServer([&] { return origin.call->unread(); }), kSize / 4);
  const auto response = client.read();
  EXPECT_TRUE(response.complete);
  EXPECT_EQ(response.body.size(), kSize);
}

TEST_F(NextForwardTest, ASlowOriginsBytesAreNotHeldBack) {
  TestServer server(forward({}, relay));
  HttpClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  until(server, [&] { return origin.call != nullptr; });
  server.inServer([&] {
    origin.call->answerHead(200, {});
    origin.call->answerBody("one", false);
  });
  EXPECT_THAT(client.readSome(), HasSubstr("3\r\none\r\n"));
  server.inServer([&] { origin.call->answerBody("two", true); });
  EXPECT_EQ(client.readSome(), "3\r\ntwo\r\n0\r\n\r\n");
}

TEST_F(NextForwardTest, ABufferedBodyCanBeReadAndReplaced) {
  TestServer server(forward({{}, true, true}, [](HttpExchange& exchange) {
    exchange.finishWith("<" + std::string(exchange.nextBody()) + ">");
  }));
  HttpClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  until(server, [&] { return origin.call != nullptr; });
  server.inServer([&] {
    origin.call->answerHead(200, {{"Content-Length", "6"}});
    origin.call->answerBody("abc", false);
    origin.call->answerBody("def", true);
  });
  const auto response = client.read();
  EXPECT_EQ(response.body, "<abcdef>");
  EXPECT_EQ(response.field("content-length"), "8");
}

TEST_F(NextForwardTest, AGuestsOwnBodyIsNotHeldToTheOriginsLength) {
  TestServer server(forward({}, [](HttpExchange& exchange) {
    write(exchange, "a body of its own");
    exchange.flush();
    exchange.finish();
  }));
  HttpClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  until(server, [&] { return origin.call != nullptr; });
  server.inServer([&] { origin.call->answerHead(200, {{"Content-Length", "6"}}); });
  const auto response = client.read();
  EXPECT_TRUE(response.complete);
  EXPECT_EQ(response.body, "a body of its own");
}

TEST_F(NextForwardTest, AnOriginThatFailsBeforeItsHeadIsTheGuestsToHandle) {
  TestServer server(forward({}, [](HttpExchange& exchange) {
    EXPECT_EQ(exchange.nextState(), NextState::failed);
    exchange.finishWith(std::string(exchange.nextError()));
  }));
  HttpClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  until(server, [&] { return origin.call != nullptr; });
  server.inServer([&] { origin.call->breakOff("connection refused"); });
  EXPECT_EQ(client.read().body, "connection refused");
}

TEST_F(NextForwardTest, AnOriginThatBreaksOffCutsTheAnswer) {
  TestServer server(forward({}, relay));
  HttpClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  until(server, [&] { return origin.call != nullptr; });
  server.inServer([&] {
    origin.call->answerHead(200, {});
    origin.call->answerBody("half", false);
  });
  EXPECT_THAT(client.readSome(), HasSubstr("half"));
  server.inServer([&] { origin.call->breakOff("gone"); });
  EXPECT_EQ(client.readToEnd(), "");
  EXPECT_TRUE(client.wasReset());
  EXPECT_EQ(server.reports(1)[0].reason, Reason::originError);
}

TEST_F(NextForwardTest, WithoutAnOriginItFails) {
  TestServer server([](HttpExchange& exchange) {
    exchange.startNext({});
    EXPECT_EQ(exchange.nextState(), NextState::failed);
    exchange.fail(Reason::originError, exchange.nextError());
  });
  HttpClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto response = client.read();
  EXPECT_EQ(response.status, 502);
  EXPECT_EQ(response.field("skiff-reason"), "origin_error");
}

TEST_F(NextForwardTest, AClientThatGoesAwayEndsTheCall) {
  TestServer server(forward({}, relay));
  HttpClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  until(server, [&] { return origin.call != nullptr; });
  client.close();
  EXPECT_EQ(server.reports(1)[0].reason, Reason::clientGone);
  until(server, [&] { return origin.call == nullptr; });
}

}  // namespace
}  // namespace skiff
