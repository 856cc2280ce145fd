#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "isolate/exchange.h"

namespace skiff {

class Certificate;
class OutputBuffer;
class RequestParser;

/// What an exchange needs of its connection. Implemented by Connection, so that exchanges know
/// nothing of sockets. No call leads back into the exchange.
class ExchangeTransport {
 public:
  /// Where the answer's bytes go.
  virtual OutputBuffer& output() = 0;
  /// Sends pending output as far as the client takes it at once.
  virtual void sendPending() = 0;
  /// Something has changed that the connection must act on: it does so once the calls under way
  /// have returned.
  virtual void changed() = 0;
  /// Takes body bytes that have arrived.
  virtual BodyRead readBody(std::span<std::byte> into) = 0;
  /// readBody() would give something now.
  virtual bool bodyReadable() const = 0;
  virtual RequestParser& parser() = 0;
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
  virtual std::string_view date() const = 0;
  /// An empty string to build a head in; its capacity is kept.
  virtual std::string& scratch() = 0;

 protected:
  ~ExchangeTransport() = default;
};

}  // namespace skiff
