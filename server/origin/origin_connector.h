#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "config/byte_size.h"
#include "server/http/origin_call.h"
#include "server/origin/origin_address.h"
#include "server/origin/response_parser.h"

namespace boost::asio {
class io_context;
}

namespace skiff {

class OriginPool;

struct OriginOptions {
  std::size_t maxIdle = 64;                         ///< connections kept for the next calls
  std::chrono::milliseconds idleTimeout{30'000};    ///< how long one is kept unused
  std::chrono::milliseconds connectTimeout{5'000};  ///< for resolving and connecting together
  std::chrono::milliseconds resolveTtl{10'000};     ///< how long a name's addresses are remembered
  ByteSize buffer = 64_KiB;                         ///< of a body, in each direction; at least 1KiB
  /// Whether a name may lead to this machine or to a network that is not public. A literal address
  /// and a name that can mean nothing else always may: whoever set them knew.
  bool privateNames = true;
  ResponseLimits limits;
};

struct OriginCounts {
  std::uint64_t open = 0;    ///< connections now, the idle ones and those being made included
  std::uint64_t idle = 0;    ///< kept connections now
  std::uint64_t opened = 0;  ///< since the start: connections that were begun
  std::uint64_t reused = 0;  ///< since the start: calls that were given a kept connection
  std::uint64_t failed = 0;  ///< since the start: calls that ended in State::failed
};

/// One app's origin on one shard: HTTP/1.1 over kept connections.
///
/// What its calls do beyond OriginCall's contract:
/// - Host is sent as the given headers hold it (the client's, if they were passed on), else it is
/// the
///   origin's authority. Expect and Trailer are never sent on, and framing and hop-by-hop fields
///   that should not be there are left out.
/// - A kept connection that the origin has closed is noticed, and the call repeated once on a new
/// one,
///   if not a byte of the answer had come and either the method is idempotent (RFC 9110, 9.2.2) and
///   what was sent is still at hand (the buffer's size), or no byte of the request's body was sent.
/// - An origin may answer before it has the whole request: the rest is sent as long as it takes it;
///   once the answer is complete, or the origin takes no more, the rest is accepted and dropped.
/// - Content-Length stays in headers(), where it also tells the length that a HEAD asks for.
/// Interim
///   answers are skipped; trailers are dropped. Nothing ever waits for 100 (Continue).
/// - There is no time limit but connectTimeout: whoever waits too long destroys the call.
///
/// One thread, the shard's, except counts(). REQUIRES: `context` outlives this and all its calls.
/// The calls may outlive the connector.
class HttpOriginConnector final : public OriginConnector {
 public:
  HttpOriginConnector(boost::asio::io_context& context, OriginAddress address,
                      OriginOptions options = {});
  ~HttpOriginConnector() override;  ///< closes the kept connections

  std::unique_ptr<OriginCall> open(OriginListener& listener) override;
  OriginCounts counts() const;  ///< any thread

 private:
  std::shared_ptr<OriginPool> pool_;
};

}  // namespace skiff
