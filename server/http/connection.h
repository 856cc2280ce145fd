#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "server/http/client_connection.h"
#include "server/http/client_poller.h"
#include "server/http/client_socket.h"
#include "server/http/connection_ledger.h"
#include "server/http/deadlines.h"
#include "server/http/exchange.h"
#include "server/http/exchange_transport.h"
#include "server/http/handshake_turns.h"
#include "server/http/input_buffer.h"
#include "server/http/output_buffer.h"
#include "server/http/request_parser.h"
#include "server/http/response_writer.h"
#include "server/http/shard_state.h"

namespace skiff {

/// One client's connection by HTTP/1.1: reads requests one after the other, has each answered
/// through an exchange, and sends the answers.
///
/// Everything that happens to a connection (bytes arrived, the client took some, a deadline passed,
/// the handler called the exchange) only notes what has changed and then calls settle(), the one
/// place that acts. settle() does nothing while a call to the handler or a listener is under way:
/// the settle() from which that call was made goes on when it returns. That is why nothing here is
/// ever entered twice. Where no settle() is under way, changed() posts one.
///
/// While a guest runs for its exchange, it is held: settle() does nothing. Should the guest go on
/// beside the shard, it is frozen as well: what happens is kept in missed_, and what the guest may
/// touch (the buffers, the parser, what abandons the exchange) is left alone.
///
/// Owned by its ShardState; destroys itself through it once it is closed and no operation of it is
/// under way any more. One thread.
class Connection final : public ClientConnection,
                         private ExchangeTransport,
                         private DeadlineOwner,
                         private HandshakeWaiter {
 public:
  /// `tls`: what is to be spoken with; nullptr: HTTP without TLS.
  Connection(ShardState& shard, ClientSocket socket, const boost::asio::ip::tcp::endpoint& peer,
             LedgerPlace place, TlsServer* tls);

  void start() override;
  void drain() override { settle(); }
  void abort(Reason reason) override;

 private:
  enum class Phase : std::uint8_t {
    handshake,  ///< TLS begins
    head,       ///< between requests, or a head is on its way
    exchange,   ///< from onRequest to onFinished
    drop,       ///< the rest of an answered request's body is read and dropped
    linger,     ///< the last answer is sent, then the client's close awaited
    closed,
  };
  struct Missed {
    bool read = false;
    std::optional<DeadlineKind> readDeadline;
    bool writeDeadline = false;
  };
  struct Abandonment {
    Reason reason;
    int status;
    std::string_view detail;
  };

  // ExchangeTransport
  OutputBuffer& output() override { return output_; }
  std::optional<std::string_view> makeHead(const ResponseHead& head, const ResponsePlan& plan,
                                           const ServerTiming* timing) override;
  std::uint64_t release(const BodyPart& part) override { return writer_.release(part); }
  std::uint64_t releaseLarge(std::string body) override {
    return writer_.releaseLarge(std::move(body));
  }
  std::uint64_t sendContinue() override;
  void sendPending() override;
  void changed() override;
  BodyRead readBody(std::span<std::byte> into) override;
  bool bodyReadable() const override { return parser_.bodyEnded() || !input_.empty(); }
  bool bodyEnded() const override { return parser_.bodyEnded(); }
  std::uint64_t bodyRemaining() const override { return parser_.bodyRemaining(); }
  std::uint64_t bodyAnnounced() const override { return parser_.bodyAnnounced(); }
  void setBodyLimit(std::uint64_t bytes) override { parser_.setBodyLimit(bytes); }
  void abandon(Reason reason, int status, std::string_view detail) override;
  void wakeAt(std::chrono::steady_clock::time_point when) override;
  void hold() override { ++depth_; }
  void release() override;
  void freeze() override { frozen_ = true; }
  void thaw() override;
  void leaveShard() override;
  bool draining() const override { return shard_.draining || inputEnded_; }
  std::uint64_t requestBytes() const override { return requestBytes_; }
  std::string_view sourceAddress() const override { return sourceText(); }
  std::string_view serverAddress() const override { return serverText(); }
  std::string_view requestId() const override;
  std::string_view tlsVersion() const override;
  const Certificate* certificate() const override { return shownCertificate(); }

  void onDeadline(DeadlineKind kind) override;
  void onSocketEvents(std::uint32_t events) override;
  void onHandshakeTurn() override;

  void settle() override;
  bool isClosed() const override { return phase_ == Phase::closed; }
  void destroyIfDone() override;
  void fallOver(const std::exception& error);
  void step();
  void stepHead();
  bool mayPartLater();
  void stepExchange();
  void stepDrop();
  void stepLinger();
  void stepAbort();

  void handshake();
  enum class Preface : std::uint8_t { none, partly, whole };
  Preface http2Preface() const;
  void becomeHttp2();
  void failHandshake(const TlsSession& session);

  void beginExchange();
  void refuse(const Refusal& refusal);
  void takeTrailers();
  void retireExchange();
  void tellFinished();
  void beginNextRequest();
  void endConnection();
  void endAfterLinger();
  void close();
  void reset();

  void read(InputBuffer::Growth growth);
  void receive();
  void takeRead(std::size_t bytes);
  void takeEnd(bool broken);
  /// True if all is sent; else the rest follows when the client takes more.
  bool sendOrWait();
  void watchBody();
  bool clientHasClosed();

  TlsServer* const tls_;
  std::span<char> space_;  ///< of the input, for what is read next
  InputBuffer input_;
  OutputBuffer output_;
  ResponseWriter writer_;
  RequestParser parser_;
  std::unique_ptr<HttpExchange> exchange_;
  Deadline readDeadline_;
  Deadline writeDeadline_;
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        boost::asio::io_context::executor_type>;
  std::optional<Timer> timer_;  ///< for waits with a time; most connections never need one

  Phase phase_;
  TlsVersion tlsVersion_ = TlsVersion::none;
  std::optional<Abandonment> abandonment_;
  std::optional<Reason> abort_;
  Missed missed_;  ///< while frozen
  std::uint64_t requestBytes_ = 0;
  std::uint64_t dropped_ = 0;  ///< bytes read only to be forgotten
  std::chrono::steady_clock::time_point headBegin_;
  unsigned timerWaits_ = 0;  ///< of the operations, the timer's
  bool handled_ = false;     ///< the handler has the exchange, and is to be told of its end
  bool dirty_ = false;       ///< something has changed since the last step
  bool frozen_ = false;
  bool away_ = false;      ///< the guest's thread: it is not the shard's
  bool reading_ = false;   ///< what arrives is to be read into space_
  bool readable_ = false;  ///< there may be something to read
  bool hungUp_ = false;    ///< the client has ended its side, or the connection broke
  bool inputEnded_ = false;
  bool outputBroken_ = false;
  bool outputMoved_ = false;  ///< bytes were sent since the exchange was told
  bool shutDown_ = false;

  bool isFirst_ = true;  ///< no request has been answered
  std::uint64_t requestNumber_ = 0;
  mutable std::uint64_t requestIdNumber_ = 0;  ///< the request that requestIdText_ is of
  mutable RequestIds::Text requestIdText_{};
};

}  // namespace skiff
