#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "cli/http/admin_address.h"
#include "cli/http/sse_reader.h"
#include "config/result.h"

namespace skiff::cli {

struct Request {
  std::string method = "GET";
  std::string target{};       ///< path and query, encoded
  std::string token{};        ///< sent as Bearer; empty: none
  std::string contentType{};  ///< empty: there is no body
  std::string body{};
  std::vector<std::pair<std::string, std::string>> fields{};  ///< further ones
};

struct Reply {
  unsigned status = 0;
  std::string contentType{};
  std::string etag{};
  std::string body{};
};

struct TransferLimits {
  /// From connecting to the answer's last byte; of an event stream to its beginning. What takes
  /// time to send (16 KiB a second at least) has that time on top.
  std::chrono::milliseconds timeout{30'000};
  std::chrono::milliseconds silence{0};      ///< within an event stream; 0: no limit
  std::size_t body = std::size_t{64} << 20;  ///< bytes of an answer that is no event stream
};

struct TransferHooks {
  /// Bytes of the request's body that are on their way.
  std::function<void(std::uint64_t)> onSent;
  /// If set, an answer 200 of text/event-stream comes here event by event, not as a body.
  SseReader::OnEvent onEvent;
};

/// Asks, and blocks until the answer is there, the stream has ended, or the limits strike. A
/// connection of its own each time; the daemon's certificate is checked against the authorities
/// that the address names. The error names the address, what failed, and what to do.
Result<Reply> transfer(const AdminAddress& address, const Request& request,
                       const TransferLimits& limits = {}, const TransferHooks& hooks = {});

}  // namespace skiff::cli
