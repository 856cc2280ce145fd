#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/http/deadlines.h"
#include "server/http/exchange.h"
#include "server/http/exchange_transport.h"
#include "server/http/output_buffer.h"
#include "server/http/request_id.h"
#include "server/http2/field_block.h"
#include "server/http2/http2_session.h"
#include "server/http2/request_body.h"

namespace skiff {

class Http2Connection;

/// One request and its answer on a connection of HTTP/2: what Connection is to HTTP/1.1, without
/// the socket.
///
/// What happens to it (frames, a deadline, what the handler calls) is only noted, and the
/// connection is told to have step() called, which acts. While a guest runs for it, it is held, and
/// step() does nothing; while that guest is beside the shard, it is frozen as well: what happens is
/// kept in missed_, and what the guest may touch (the output, the body, what abandons the exchange)
/// is left alone. Other streams of the connection go on meanwhile.
///
/// Owned by its connection, which destroys it once isDone(). One thread, but see freeze().
class Http2Stream final : public ExchangeTransport,
                          public boost::intrusive::list_base_hook<>,
                          private DeadlineOwner {
 public:
  /// Of the list of those that want a step.
  using DueHook = boost::intrusive::list_member_hook<
      boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

  Http2Stream(Http2Connection& connection, std::int32_t id);
  ~Http2Stream();
  Http2Stream(const Http2Stream&) = delete;
  Http2Stream& operator=(const Http2Stream&) = delete;

  // What the connection notes.

  /// The head is there: makes an exchange of it, or an answer that refuses it.
  void takeHead(const FieldBlock& block, bool ended);
  void takeBody(std::span<const std::byte> bytes);
  void endBody();
  void takeTrailers(const FieldBlock& block);
  /// The request breaks the protocol, which nghttp2 answers.
  void noteMalformed(const FieldBlock& block);
  void noteReset() { resetByClient_ = true; }
  /// Nothing can be sent any more: the stream is closed, or its connection. What is unfinished has
  /// ended for this reason.
  void noteClosed(Reason reason, std::string_view detail);
  /// The same, where the stream itself knows why.
  void noteClosed();
  /// Ends it now, with an answer if that is possible.
  void noteAbort(Reason reason);
  /// For a DATA frame.
  Http2Chunk fill(std::span<std::byte> into);

  /// Acts on what has been noted.
  void step();
  /// A bug, or no memory: the connection is given up, and this with it.
  void breakOff();
  bool isDone() const {
    return isClosed_ && !exchange_ && phase_ != Phase::refused && timerWaits_ == 0 && holds_ == 0;
  }
  /// It was begun, and its request has neither been answered nor given up.
  bool isActive() const { return exchange_ != nullptr; }
  /// The server has reset it, for reasons of its own.
  bool isReset() const { return isReset_; }

  DueHook dueHook;

 private:
  enum class Phase : std::uint8_t {
    head,      ///< its head is on its way
    fresh,     ///< the handler does not know of it yet
    exchange,  ///< from onRequest to onFinished
    refused,   ///< answered without an exchange; to be reported
    over,
  };
  struct Abandonment {
    Reason reason;
    int status;
    std::string_view detail;
  };
  struct Missed {
    bool gone = false;  ///< the client
    bool writeDeadline = false;
    std::optional<Abandonment> abandonment;
  };
  struct Trailers {
    std::string text;
    std::vector<Header> fields;  ///< in text
  };
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        boost::asio::io_context::executor_type>;

  // ExchangeTransport
  OutputBuffer& output() override { return output_; }
  std::optional<std::string_view> makeHead(const ResponseHead& head, const ResponsePlan& plan,
                                           const ServerTiming* timing) override;
  std::uint64_t release(const BodyPart& part) override;
  std::uint64_t releaseLarge(std::string body) override;
  std::uint64_t sendContinue() override;
  void sendPending() override;
  void changed() override;
  BodyRead readBody(std::span<std::byte> into) override;
  bool bodyReadable() const override { return body_.isReadable(); }
  bool bodyEnded() const override { return body_.isOver(); }
  std::uint64_t bodyRemaining() const override { return body_.remaining(); }
  std::uint64_t bodyAnnounced() const override { return body_.announced(); }
  void setBodyLimit(std::uint64_t bytes) override { body_.setLimit(bytes); }
  void abandon(Reason reason, int status, std::string_view detail) override;
  void wakeAt(std::chrono::steady_clock::time_point when) override;
  void hold() override { ++holds_; }
  void release() override;
  void freeze() override;
  void thaw() override;
  void leaveShard() override;
  bool draining() const override { return false; }
  std::uint64_t requestBytes() const override { return headBytes_ + body_.taken(); }
  std::string_view sourceAddress() const override;
  std::string_view serverAddress() const override;
  std::string_view requestId() const override;
  std::string_view tlsVersion() const override;
  const Certificate* certificate() const override;

  void onDeadline(DeadlineKind kind) override;

  void stepExchange();
  void stepOver();
  void begin();
  void refuse(const Refusal& refusal, const FieldBlock& block);
  void tellRefused();
  /// As abandon(), or kept for later while the guest is beside the shard.
  void noteAbandonment(const Abandonment& abandonment);
  void giveWindowBack();
  void watchBody();
  void watchOutput();
  /// What is final in the output has changed.
  void countUnsent();
  std::uint64_t sendHead();
  void resetStream(Http2Error error);
  void loseAnswer();
  void dropOutput();
  void endRequest();
  void retire();
  void tellFinished();

  Http2Connection& connection_;
  const std::int32_t id_;
  OutputBuffer output_;
  RequestBody body_;
  std::unique_ptr<HttpExchange> exchange_;
  std::unique_ptr<Trailers> requestTrailers_;
  Deadline bodyDeadline_;
  Deadline writeDeadline_;
  std::optional<Timer> timer_;
  std::optional<Abandonment> abandonment_;
  std::optional<Refusal> refusal_;  ///< to be reported
  std::string refusedMethod_;
  std::string refusedTarget_;
  Missed missed_;                         ///< while frozen
  const HeaderList* trailers_ = nullptr;  ///< of the answer, to be sent behind its body
  const ServerTiming* trailersTiming_ = nullptr;
  std::uint64_t headBytes_ = 0;
  std::uint64_t refusalBytes_ = 0;
  std::size_t lost_ = 0;    ///< bytes of the answer that were final and not sent
  std::size_t unsent_ = 0;  ///< as the connection counts it
  std::chrono::steady_clock::time_point headBegin_;
  unsigned timerWaits_ = 0;
  unsigned holds_ = 0;
  Phase phase_ = Phase::head;
  bool handled_ = false;        ///< the handler has the exchange, and is to be told of its end
  bool lastReleased_ = false;   ///< all of the answer is in the output
  bool given_ = false;          ///< all of the answer is in frames
  bool isDeferred_ = false;     ///< the session is to be told when there is more to send
  bool outputMoved_ = false;    ///< bytes were sent since the exchange was told
  bool bodyMoved_ = false;      ///< the same of bytes that have come
  bool toldGone_ = false;       ///< the guest beside the shard
  bool requestEnded_ = false;   ///< the client has sent all of it
  bool resetByClient_ = false;  ///< it has taken it back
  bool isClosed_ = false;
  bool isReset_ = false;  ///< by us
  bool frozen_ = false;
  bool away_ = false;  ///< the guest's thread: it is not the shard's

  std::uint64_t requestNumber_ = 0;
  mutable bool hasRequestId_ = false;
  mutable RequestIds::Text requestIdText_{};
};

}  // namespace skiff
