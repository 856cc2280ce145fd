#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "isolate/exchange.h"
#include "server/http/response_framing.h"

namespace skiff {

class Certificate;
class OutputBuffer;
class ServerTiming;
struct ResponsePlan;

/// What is to be made of the body bytes that an answer holds.
struct BodyPart {
  ResponseFraming framing;
  bool last;                   ///< the answer ends with it
  const HeaderList& trailers;  ///< to be sent behind the last part, where the framing has trailers
  const ServerTiming* timing;  ///< the head had the server's own Server-Timing; or nullptr
};

/// What an exchange needs of its connection: implemented by Connection for HTTP/1.1 and by
/// Http2Stream, so that exchanges know nothing of sockets and frames. No call leads back into the
/// exchange.
class ExchangeTransport {
 public:
  /// Where the answer's body is held.
  virtual OutputBuffer& output() = 0;
  /// Makes the answer's head, to go out with the next release; it replaces one that has not gone
  /// out. Returns what makes it impossible to send, or nothing.
  virtual std::optional<std::string_view> makeHead(const ResponseHead& head,
                                                   const ResponsePlan& plan,
                                                   const ServerTiming* timing) = 0;
  /// The head, if one is to go out, and the body bytes that are held become final. Returns how many
  /// bytes of the answer that makes.
  virtual std::uint64_t release(const BodyPart& part) = 0;
  /// The same with `body`, which is the whole body, and nothing held.
  virtual std::uint64_t releaseLarge(std::string body) = 0;
  /// Sends 100 (Continue). Returns its size.
  virtual std::uint64_t sendContinue() = 0;
  /// Sends pending output as far as the client takes it at once.
  virtual void sendPending() = 0;
  /// Something has changed that the connection must act on: it does so once the calls under way
  /// have returned.
  virtual void changed() = 0;
  /// Takes body bytes that have arrived.
  virtual BodyRead readBody(std::span<std::byte> into) = 0;
  /// readBody() would give something now.
  virtual bool bodyReadable() const = 0;
  virtual bool bodyEnded() const = 0;  ///< all of it was read
  /// Of a body with a length: what has not been read yet; else 0.
  virtual std::uint64_t bodyRemaining() const = 0;
  /// How long the body is at least, by what the client has said so far.
  virtual std::uint64_t bodyAnnounced() const = 0;
  /// The largest body without a length that is accepted; unlimited unless set.
  virtual void setBodyLimit(std::uint64_t bytes) = 0;
  /// Has the exchange abandoned, once the calls under way have returned.
  virtual void abandon(Reason reason, int status, std::string_view detail) = 0;
  /// Asks for onTimeEvent() at that time; replaces what was asked before.
  virtual void wakeAt(std::chrono::steady_clock::time_point when) = 0;

  /// From hold() to release() the connection notes what happens and does not act. release() may
  /// destroy it, and the exchange.
  virtual void hold() = 0;
  virtual void release() = 0;
  /// While held, from the shard: from freeze() to thaw() it leaves alone what leaveShard()'s caller
  /// may touch, and keeps what happens meanwhile for later.
  virtual void freeze() = 0;
  virtual void thaw() = 0;
  /// On whichever thread calls from now until thaw(): only the buffers are touched.
  virtual void leaveShard() = 0;

  virtual bool draining() const = 0;               ///< the connection ends with this answer
  virtual std::uint64_t requestBytes() const = 0;  ///< of this request, head and body, so far
  virtual std::string_view sourceAddress() const = 0;
  virtual std::string_view serverAddress() const = 0;
  virtual std::string_view requestId() const = 0;
  virtual std::string_view tlsVersion() const = 0;  ///< "1.3"; empty without TLS
  /// The one that the client was shown; nullptr without TLS.
  virtual const Certificate* certificate() const = 0;

 protected:
  ~ExchangeTransport() = default;

  /// A call to the handler: a bug in it ends its request, not the connection or the shard.
  template <class Call>
  void guarded(Call call) {
    try {
      call();
    } catch (const std::exception& error) {
      abandonFailed(error);
    }
  }

 private:
  void abandonFailed(const std::exception& error);
};

}  // namespace skiff
