#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>

#include "isolate/exchange.h"
#include "isolate/header_list.h"

namespace skiff {

/// Told that a call's state has changed. From the shard's loop, never from inside a call to it.
class OriginListener {
 public:
  virtual void onOriginEvent() = 0;

 protected:
  ~OriginListener() = default;
};

/// One HTTP/1.1 request to an app's origin, streamed both ways. One thread. Destroying it gives the
/// connection back if the exchange is complete and closes it otherwise.
class OriginCall {
 public:
  enum class State : std::uint8_t {
    waiting,  ///< connecting, sending, or waiting for the answer's head
    head,     ///< status() and headers() are there; the body may be read
    failed,   ///< error() says why; before the head: nothing of the answer is usable
  };

  virtual ~OriginCall() = default;

  /// Sends the head. Framing and hop-by-hop fields are this class's: `headers` must hold none of
  /// Connection, Keep-Alive, Proxy-Connection, TE, Transfer-Encoding, Upgrade, Content-Length.
  /// `bodyLength`: 0 for no body, nothing for chunked. Everything is copied. REQUIRES: called once.
  virtual void start(std::string_view method, std::string_view target, const HeaderList& headers,
                     std::optional<std::uint64_t> bodyLength) = 0;
  /// How many bytes were taken; 0 if there is no room now (onOriginEvent follows).
  virtual std::size_t writeBody(std::span<const std::byte> bytes) = 0;
  virtual void finishBody() = 0;

  virtual State state() const = 0;
  virtual std::string_view error() const = 0;
  virtual int status() const = 0;
  /// End-to-end fields only. The views live as long as this.
  virtual const HeaderList& headers() const = 0;
  /// What has arrived of the answer's body; wouldBlock if nothing (onOriginEvent follows). A body
  /// that breaks off turns state() to failed.
  virtual BodyRead readBody(std::span<std::byte> into) = 0;
};

/// Where calls to one origin come from: a pool of kept connections on one shard.
class OriginConnector {
 public:
  virtual ~OriginConnector() = default;
  /// REQUIRES: `listener` outlives the call.
  virtual std::unique_ptr<OriginCall> open(OriginListener& listener) = 0;
};

}  // namespace skiff
