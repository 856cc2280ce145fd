#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/exchange.h"
#include "server/http/front_end.h"
#include "server/http/origin_call.h"

namespace skiff {

/// A front end whose loop turns only when the test says so, with a handler that notes what it is
/// shown. One thread: what a client sends in two pieces is read in two pieces.
class WireServer final : private RequestHandler {
 public:
  enum class Handling : std::uint8_t {
    reads,        ///< reads the body, then answers 200 and "ok"
    ignoresBody,  ///< answers at once
    forwards,     ///< passes it on to the origin; answers 502 if that fails
    asTold,       ///< does what its Answer does
  };
  /// Called when a request is there, and when something that it waits for has come about.
  using Answer = std::function<void(HttpExchange&)>;

  explicit WireServer(Handling handling = Handling::reads, HttpLimits limits = {});
  explicit WireServer(Answer answer, HttpLimits limits = {});
  ~WireServer();

  boost::asio::io_context& loop() { return loop_; }
  /// Where it forwards to; made for loop(), which must not turn any more when it is gone.
  void setOrigin(OriginConnector* origin) { origin_ = origin; }
  std::uint16_t port() const { return port_; }

  /// Runs what is ready, having waited for something to be ready for `patience` at most. Whether
  /// anything was.
  bool turn(std::chrono::microseconds patience = {});
  /// Turns until `condition` holds; whether it does, after ten seconds at the latest.
  bool turnUntil(const std::function<bool()>& condition);

  /// What the handler was shown since the last call, one request an element: "GET /a b.c X=1
  /// \"body\" T:trailer", fields without Content-Length, and without Host if it equals the host.
  /// With " broken" in place of body and trailers if the body did not come to its end.
  std::vector<std::string> takeSeen();
  /// Requests whose handler is not told of their end yet.
  std::size_t underWay() const { return underWay_; }
  std::size_t connections() const { return frontEnd_->connections(); }

 private:
  class Guest;
  WireServer(Handling handling, Answer answer, HttpLimits limits);
  void onRequest(HttpExchange& exchange) override;
  void onFinished(HttpExchange& exchange) override;
  void onRefused(const RefusedRequest&) override {}

  const Handling handling_;
  const Answer answer_;
  boost::asio::io_context loop_{2};
  ConnectionLedger ledger_;
  std::unique_ptr<HttpFrontEnd> frontEnd_;
  OriginConnector* origin_ = nullptr;
  std::uint16_t port_ = 0;
  std::size_t underWay_ = 0;
  std::vector<std::string> seen_;
};

/// A socket that never waits, and closes with a reset.
class WireSocket {
 public:
  explicit WireSocket(int descriptor);
  ~WireSocket();
  WireSocket(WireSocket&& other) noexcept;
  WireSocket(const WireSocket&) = delete;
  WireSocket& operator=(const WireSocket&) = delete;

  static WireSocket connect(std::uint16_t port);

  /// How many bytes were taken; all of them once the other side is gone.
  std::size_t send(std::string_view bytes);
  void finishSending();
  /// Reads what has come.
  void receive();
  const std::string& received() const { return received_; }

  enum class End : std::uint8_t { open, closed, reset };
  End end() const { return end_; }  ///< as of the last receive()

 private:
  int descriptor_;
  std::string received_;
  End end_ = End::open;
};

/// Accepts on a free port of 127.0.0.1.
class WireListener {
 public:
  WireListener();
  ~WireListener();
  WireListener(const WireListener&) = delete;
  WireListener& operator=(const WireListener&) = delete;

  std::uint16_t port() const { return port_; }
  /// Whoever waits to be accepted; nothing if nobody does.
  std::optional<WireSocket> accept();

 private:
  int descriptor_;
  std::uint16_t port_ = 0;
};

}  // namespace skiff
