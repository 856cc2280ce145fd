#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "isolate/exchange.h"
#include "quota/reason.h"
#include "server/http/response_framing.h"

namespace skiff {

class ExchangeTransport;
struct AppQuota;
class Certificate;
class NextForward;
class OriginConnector;
class ServerTiming;
struct RequestFraming;

/// Whatever a handler keeps for one request. Owned by the exchange.
class Attachment {
 public:
  virtual ~Attachment() = default;
  /// Whether it may be destroyed, now that the exchange is over. If not, it calls beginWork() and
  /// endWork() when that may have changed, after which it is asked again.
  virtual bool mayBeDestroyed() { return true; }
};

/// One HTTP request and its answer on a client's connection, by HTTP/1.1 or HTTP/2.
///
/// Threads: the shard's, for everything, but for what a guest does between leaveShard() and thaw().
///
/// Reentrancy: no call to an exchange calls its listener, its handler or an origin's listener. What
/// a call brings about (a notification, the end of the exchange) happens later, from the loop. So a
/// listener may do anything inside onReady, finish and fail included.
///
/// Notifications: a wait set by waitFor() stays until it is replaced; onReady() follows at once if
/// what is awaited is already there, and again at each new event of an awaited kind. After
/// finish*() or fail() the listener is told nothing more. After onAbandoned() every call does
/// nothing: reads and writes would block.
///
/// Death: a client that closes its connection, or its sending half, while the answer is unfinished
/// is gone, as nginx sees it too: onAbandoned(clientGone).
class HttpExchange final : public Exchange {
 public:
  HttpExchange();
  ~HttpExchange() override;
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

  // For the handler.

  /// Ends the exchange for `reason`. If nothing was committed: an RFC 9457 answer with the reason's
  /// status and `detail`, one sentence that the client may read, and the lines of `stack`. Else the
  /// connection is cut, so that the client cannot take the answer for complete. Does nothing once
  /// finished or dead. REQUIRES: there is a reason.
  void fail(Reason reason, std::string_view detail = {}, std::span<const std::string> stack = {});

  /// A bug, or no memory: as fail(), with a 500 that says nothing.
  void failUnexpectedly();

  /// What fail() says in Retry-After, in seconds; 0 (the default): what the reason says.
  void setRetryAfter(unsigned seconds) { retryAfter_ = seconds; }

  /// The limits of its app or tenant are others now: what waits because of them tries again, and a
  /// body on its way that is too large now is refused.
  void onLimitsChanged();

  /// The time for the whole exchange is over: as fail(), and an answer that is still being relayed
  /// (from the origin, or to a client that takes it slowly) is cut.
  void expire(Reason reason);

  /// The largest request body that the app accepts. False if the announced length is larger: then
  /// the exchange has failed with 413 and the handler leaves it alone. A chunked body that grows
  /// beyond it abandons the exchange with bodyTooLarge. Unlimited unless set; with a quota, what
  /// that says holds from then on, whenever it changes.
  [[nodiscard]] bool setRequestBodyLimit(std::uint64_t bytes);

  /// The connection ends with this answer, if its head is not on its way yet.
  void closeAfterwards() { wantsKeepAlive_ = false; }

  /// The version of TLS that the request came over, "1.3"; empty without TLS.
  std::string_view tlsVersion() const;
  /// The certificate that its client was shown, as long as the connection is open; nullptr without
  /// TLS.
  const Certificate* certificate() const;

  /// Where startNext() goes; nullptr (the default) for nowhere. Must outlive the exchange.
  void setOrigin(OriginConnector* origin) { origin_ = origin; }
  /// What the traffic with the origin is counted in and held to, and how long the request's body
  /// and an answer may be; nullptr (the default): nothing is limited. Must outlive the exchange.
  void setQuota(AppQuota* quota) { quota_ = quota; }

  /// The answer's head says where the time went from the request's arrival on (Server-Timing).
  void startTiming();
  /// What is to be told of the request's steps; nullptr unless startTiming() was called.
  ServerTiming* timing() const { return timing_; }

  /// The text of the route that led here. Copied.
  void setMatchedRoute(std::string_view route);
  std::string_view matchedRoute() const override { return matchedRoute_; }

  /// Makes the handler's own object for this request, in memory(); destroyed after onFinished.
  /// REQUIRES: called at most once.
  template <class T, class... Arguments>
  T& attach(Arguments&&... arguments) {
    static_assert(std::is_base_of_v<Attachment, T>);
    T* made =
        new (memory().allocate(sizeof(T), alignof(T))) T(std::forward<Arguments>(arguments)...);
    attachment_ = made;
    return *made;
  }
  /// What attach() made; nullptr before.
  Attachment* attachment() const { return attachment_; }

  /// The guest runs from beginWork() to endWork(), at which the exchange acts on what has changed
  /// meanwhile. endWork() may destroy it. REQUIRES: not inside a call from the exchange.
  void beginWork();
  void endWork();
  /// While the guest runs, it may be on another thread from freeze() to thaw(); what happens
  /// meanwhile is kept for later. From the shard's thread, or while nothing runs the shard.
  void freeze();
  void thaw();

  // For the access log and the metrics; final in onFinished.

  /// The status the client was sent; reasonStatus(reason()) if it was sent none.
  int statusSent() const;
  Reason reason() const { return reason_; }            ///< none for an answer of the guest's own
  std::string_view detail() const { return detail_; }  ///< what went with fail(), for the log
  std::uint64_t bytesReceived() const;  ///< head and body, as they came over the wire
  std::uint64_t bytesSent() const;      ///< the same
  /// When the first bytes of its head came.
  std::chrono::steady_clock::time_point startTime() const { return startTime_; }
  /// When its head was complete.
  std::chrono::steady_clock::time_point arrivalTime() const { return arrivalTime_; }
  /// finish*() or fail() was called, or the exchange died.
  bool isOver() const { return state_ != State::open; }

  // Exchange.

  std::pmr::memory_resource& memory() override { return memory_; }
  RequestHead& request() override { return message_->request; }
  const RequestHead& request() const { return message_->request; }
  std::string_view sourceAddress() const override;
  std::string_view serverAddress() const override;
  std::string_view requestId() const override;
  bool isSecure() const override { return !tlsVersion().empty(); }
  BodyRead readRequestBody(std::span<std::byte> into) override;
  std::optional<std::uint64_t> requestBodyLength() const override;
  ResponseHead& response() override { return message_->response; }
  bool responseCommitted() const override { return committed_; }
  std::size_t writeResponseBody(std::span<const std::byte> bytes) override;
  void holdResponse(bool hold) override { held_ = hold; }
  bool discardResponseBody() override;
  void flush() override;
  void startNext(NextRequest request) override;
  NextState nextState() const override;
  std::string_view nextError() const override;
  std::string_view nextBody() const override;
  void finish() override;
  void finishWith(std::string body) override;
  void finishWithNext() override;
  void setListener(ExchangeListener* listener) override { listener_ = listener; }
  void waitFor(std::uint8_t what, std::chrono::steady_clock::time_point until = {}) override;
  void signal(std::uint8_t what) override;
  void leaveShard() override;

 private:
  // The connection's side: what it calls, from the loop only.
  friend class Connection;
  friend class Http2Stream;
  friend class NextForward;

  enum class State : std::uint8_t {
    open,      ///< the handler answers
    relaying,  ///< the origin's body follows by itself: finishWithNext()
    finished,  ///< all of the answer is in the output
    dead,
  };
  struct Message {
    explicit Message(std::pmr::memory_resource& memory) : request(memory), response(memory) {}
    RequestHead request;
    ResponseHead response;
  };

  /// Makes it ready for a new request.
  void begin(ExchangeTransport& transport, std::chrono::steady_clock::time_point start,
             std::chrono::steady_clock::time_point arrival);
  /// Takes over what the head says about the message, once it was checked.
  void setFraming(const RequestFraming& framing);
  /// Destroys the attachment and everything in memory().
  void clear();

  bool isLive() const { return state_ == State::open || state_ == State::relaying; }
  /// Awaited things have come about: the listener is to be told.
  bool notificationDue() const { return due_ && listener_ != nullptr && state_ == State::open; }
  void notify();
  void onBodyEvent();  ///< body bytes have arrived, or its end
  void onRoomEvent();  ///< output was sent
  void onTimeEvent();
  void onClientGone() {
    if (listener_ != nullptr) listener_->onClientGone();
  }
  bool isFrozen() const { return frozen_; }
  void missNextEvent() { missedNext_ = true; }
  void onNextEvent();  ///< NextForward's state has changed
  /// Somebody waits for body bytes that have not arrived.
  bool awaitsBody() const;
  /// Ends it from outside: tells the listener, and answers if that is still possible. False if the
  /// listener cannot end now: it will see to it that this is tried again.
  bool abandon(Reason reason, int status, std::string_view detail);
  bool mayBeRetired() { return attachment_ == nullptr || attachment_->mayBeDestroyed(); }
  bool keepsConnection() const { return keepsConnection_; }
  bool cutsConnection() const { return cutsConnection_; }
  /// The connection broke with `bytes` of the answer unsent.
  void loseOutput(std::size_t bytes);
  /// It is over, whatever state it was in: nobody is told, and the connection is cut.
  void breakOff() noexcept;

  // The answer, for this class and NextForward.
  void end(Reason reason, std::string_view detail, std::span<const std::string> stack = {});
  void answerProblem(Reason reason, int status, std::string_view detail,
                     std::span<const std::string> stack = {});
  void cut(Reason reason, std::string_view detail);
  std::size_t writeBody(std::span<const std::byte> bytes);
  std::size_t holdBody(std::span<const std::byte> bytes);
  void flushBody();
  void finishBody();
  /// Makes the head; false if it cannot be sent and the exchange was failed instead.
  bool commitHead(std::optional<std::uint64_t> bodySize);
  void releaseHeld(bool last);
  void changed();
  bool waitIsOver() const;
  void endTooLong();
  /// The answer's body would be above the app's limit with `bytes` more: the exchange has failed,
  /// or will when the guest is back on its shard.
  bool exceedsLimit(std::size_t bytes);
  /// Traffic with the origin: true if it must pause, and goes on by itself.
  bool pauseIo();
  void countIo(std::size_t bytes, std::size_t operations = 0);
  void wakeInTime();
  void askForBody();
  void holdBodyToLimit();
  void forgetOriginLength();

  static constexpr std::size_t kInlineMemory = 3 << 10;

  ExchangeTransport* transport_ = nullptr;
  alignas(std::max_align_t) std::array<std::byte, kInlineMemory> inlineMemory_;
  std::pmr::monotonic_buffer_resource memory_;
  std::optional<Message> message_;
  Attachment* attachment_ = nullptr;
  ExchangeListener* listener_ = nullptr;
  OriginConnector* origin_ = nullptr;
  AppQuota* quota_ = nullptr;
  std::unique_ptr<NextForward> next_;
  ServerTiming* timing_ = nullptr;  ///< in memory_
  std::string_view matchedRoute_;
  std::string_view detail_;
  std::chrono::steady_clock::time_point startTime_;
  std::chrono::steady_clock::time_point arrivalTime_;
  std::chrono::steady_clock::time_point until_;
  std::optional<std::chrono::steady_clock::time_point> pausedUntil_;  ///< the origin's traffic
  std::optional<std::uint64_t> bodyLength_;
  std::uint64_t bodyRemaining_ = 0;   ///< of an answer framed by Content-Length
  std::uint64_t swallowedBytes_ = 0;  ///< body bytes that are not sent: the answer to HEAD
  std::uint64_t written_ = 0;         ///< of the answer's body, sent or not
  std::uint64_t released_ = 0;        ///< bytes of the answer handed to the connection
  std::uint64_t lost_ = 0;            ///< of these, how many were lost with the connection
  int status_ = 0;                    ///< committed
  unsigned retryAfter_ = 0;
  Reason reason_ = Reason::none;
  State state_ = State::open;
  ResponseFraming framing_ = ResponseFraming::none;
  std::uint8_t waits_ = kWaitNothing;
  bool due_ = false;
  bool committed_ = false;
  bool held_ = false;
  bool exceeded_ = false;  ///< the app's limit, away
  bool headOnly_ = false;
  bool version10_ = false;
  bool wantsKeepAlive_ = false;
  bool expectsContinue_ = false;  ///< and was not told to go on
  bool keepsConnection_ = false;
  bool cutsConnection_ = false;
  bool away_ = false;  ///< the guest's thread: it is not the shard's
  // The shard's, while the guest is away.
  bool frozen_ = false;
  bool missedNext_ = false;
  std::uint8_t missedSignals_ = 0;
};

}  // namespace skiff
