#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "isolate/exchange.h"

namespace skiff::testing {

using HeaderPairs = std::vector<std::pair<std::string, std::string>>;

/// An Exchange without a network: the test says what arrives from the client and from the origin
/// and when, how much room the response has, and looks at what came out. It follows the Exchange's
/// contract to the letter: nothing happens by itself, and the listener is told only from wake() and
/// abandon(), never from inside a call. Starts as "GET / HTTP/1.1" to example.com without a body.
class FakeExchange final : public Exchange {
 public:
  enum class Answer : std::uint8_t { none, written, replaced, next };
  struct SentToNext {
    std::string method;
    std::string target;
    HeaderPairs headers;
    NextRequest request;
  };

  FakeExchange();

  // The client's side.
  void setRequest(std::string_view method, std::string_view target);
  void addRequestHeader(std::string_view name, std::string_view value);
  /// A body that is there completely, with its length announced.
  void sendBody(std::string_view body);
  /// A body that arrives by arrive() and endBody(); without a length it is chunked.
  void expectBody(std::optional<std::uint64_t> length = std::nullopt);
  void arrive(std::string_view bytes);
  void endBody();
  /// Each read gives at most so many bytes, as a small network buffer would.
  void limitReads(std::size_t bytes) { maxRead_ = bytes; }
  void setAddresses(std::string source, std::string server);
  void setMatchedRoute(std::string route) { matchedRoute_ = std::move(route); }
  void setRequestId(std::string id) { requestId_ = std::move(id); }
  bool overTls = false;

  /// How many unsent body bytes the response holds before writing would block; unlimited at first.
  void limitResponseBuffer(std::size_t bytes) { capacity_ = bytes; }
  /// The client takes up to so many bytes; this commits the head.
  void drainResponse(std::size_t bytes);

  // The origin's side.
  void answerNext(int status, const HeaderPairs& headers, std::string body);
  void failNext(std::string error);

  // The loop's side.
  /// Tells the listener that something may have happened.
  void wake();
  /// What signal() was called for. The test wakes the guest.
  std::uint8_t signalled = 0;
  void abandon(Reason reason);

  // What came out.
  /// How the exchange was finished; `none` while it was not.
  Answer answer() const { return answer_; }
  bool finished() const { return answer_ != Answer::none; }
  /// The body the client gets: what was written so far, or what finishWith or the origin gave.
  std::string body() const;
  std::size_t flushes() const { return flushes_; }
  std::uint8_t waits() const { return waits_; }
  std::chrono::steady_clock::time_point waitsUntil() const { return until_; }
  const std::optional<SentToNext>& sentToNext() const { return sent_; }
  HeaderPairs responseHeaders() const;
  /// Request body bytes that arrived and were not read.
  std::string_view unreadBody() const { return std::string_view(arrived_).substr(read_); }

  // Exchange.
  std::pmr::memory_resource& memory() override { return memory_; }
  RequestHead& request() override { return request_; }
  std::string_view sourceAddress() const override { return source_; }
  std::string_view serverAddress() const override { return server_; }
  std::string_view requestId() const override { return requestId_; }
  bool isSecure() const override { return overTls; }
  std::string_view matchedRoute() const override { return matchedRoute_; }
  BodyRead readRequestBody(std::span<std::byte> into) override;
  std::optional<std::uint64_t> requestBodyLength() const override { return length_; }
  ResponseHead& response() override { return response_; }
  bool responseCommitted() const override { return committed_; }
  std::size_t writeResponseBody(std::span<const std::byte> bytes) override;
  void holdResponse(bool hold) override { held_ = hold; }
  bool discardResponseBody() override;
  void flush() override;
  void startNext(NextRequest request) override;
  NextState nextState() const override;
  std::string_view nextError() const override { return nextError_; }
  std::string_view nextBody() const override { return nextBody_; }
  void finish() override;
  void finishWith(std::string body) override;
  void finishWithNext() override;
  void setListener(ExchangeListener* listener) override { listener_ = listener; }
  void waitFor(std::uint8_t what, std::chrono::steady_clock::time_point until) override;
  void signal(std::uint8_t what) override { signalled |= what; }
  void leaveShard() override { leftShard = true; }
  bool leftShard = false;

 private:
  void mergeNextHead();

  std::pmr::monotonic_buffer_resource memory_;
  RequestHead request_{memory_};
  ResponseHead response_{memory_};
  std::string source_ = "127.0.0.1:4711";
  std::string server_ = "127.0.0.1:8080";
  std::string requestId_ = "request-1";
  std::string matchedRoute_ = "example.com/*";

  std::string arrived_;
  std::size_t read_ = 0;
  bool ended_ = true;
  std::optional<std::uint64_t> length_ = 0;
  std::size_t maxRead_ = SIZE_MAX;

  std::string written_;
  std::size_t sentBytes_ = 0;  // of written_
  std::size_t capacity_ = SIZE_MAX;
  bool committed_ = false;
  bool held_ = false;
  std::size_t flushes_ = 0;
  Answer answer_ = Answer::none;

  std::optional<SentToNext> sent_;
  NextState outcome_ = NextState::pending;
  int nextStatus_ = 0;
  HeaderPairs nextHeaders_;
  std::string nextBody_;
  std::string nextError_;

  ExchangeListener* listener_ = nullptr;
  std::uint8_t waits_ = kWaitNothing;
  std::chrono::steady_clock::time_point until_{};
};

}  // namespace skiff::testing
