#pragma once

#include <chrono>
#include <cstddef>

#include "server/admin/api_gate.h"

namespace skiff {

/// Bounds of one connection to the admin listener.
struct AdminSessionLimits {
  std::size_t header = 8 * 1024;               ///< bytes of a request's line and fields
  std::chrono::milliseconds firstRead{5'000};  ///< to the end of the first head
  std::chrono::milliseconds read{30'000};      ///< from the last answer to the end of the next head
  std::chrono::milliseconds bodyPause{10'000};  ///< in which something of a body must come
  std::chrono::milliseconds body{120'000};      ///< for a whole body
  std::chrono::milliseconds write{10'000};      ///< for one answer, or one piece of a stream
  std::chrono::milliseconds linger{1'000};      ///< to take in what a refused client still sends
  std::chrono::milliseconds heartbeat{15'000};  ///< between comments of a stream without events
  std::chrono::milliseconds recheck{3'000};     ///< between looks whether a stream may go on
};

struct AdminLimits {
  AdminSessionLimits session;
  ApiGateLimits gate;
  /// Connections that have not shown a token. Where all those places are taken, the one gives way
  /// of which the least is lost: see AdminSession::Stage.
  std::size_t strangers = 64;
};

}  // namespace skiff
