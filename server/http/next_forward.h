#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "isolate/exchange.h"
#include "server/http/origin_call.h"

namespace skiff {

class HttpExchange;

/// Forwards one exchange to its origin: pumps the request's body there and the answer's body back,
/// each as fast as the slower side takes it, through buffers of a fixed size. Part of its exchange.
/// Never calls a listener: it reports to the exchange, which tells in time.
class NextForward final : private OriginListener {
 public:
  NextForward(HttpExchange& exchange, NextRequest request);
  ~NextForward();
  NextForward(const NextForward&) = delete;
  NextForward& operator=(const NextForward&) = delete;

  /// `origin` nullptr: fails at once. While the app may not read and write, the call waits.
  /// REQUIRES: the origin outlives this.
  void start(OriginConnector* origin);

  NextState state() const { return state_; }
  std::string_view error() const { return error_; }
  std::string_view body() const { return collected_; }
  /// The upload waits for bytes of the client.
  bool awaitsBody() const { return awaitsBody_; }

  /// From now on the origin's body is the answer's. REQUIRES: state() is ready, not buffered.
  void relay();
  /// Takes the origin's Content-Length out of the answer: its body is another one now.
  void dropLength();
  /// Moves what can be moved: called when the client sent or took something.
  void pump();

 private:
  void onOriginEvent() override;
  bool call();
  void upload();
  void download();
  void collect();
  void relayBody();
  void takeHead();
  void fail(std::string_view error);

  static constexpr std::size_t kUploadBuffer = 16 << 10;

  HttpExchange& exchange_;
  NextRequest request_;
  OriginConnector* origin_ = nullptr;
  std::unique_ptr<OriginCall> call_;
  NextState state_ = NextState::pending;
  std::string error_;
  std::string collected_;
  std::string_view length_;  ///< the origin's Content-Length, as merged into the answer

  std::size_t sentOfBody_ = 0;  ///< of request_.body
  std::vector<std::byte> chunk_;
  std::size_t chunkBegin_ = 0;
  std::size_t chunkEnd_ = 0;
  bool uploading_ = false;
  bool awaitsBody_ = false;
  bool headTaken_ = false;
  bool relaying_ = false;
};

}  // namespace skiff
