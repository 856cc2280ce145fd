#pragma once

#include <cstdint>

namespace skiff {

/// How the end of an answer's body is told (RFC 9112, 6.3).
enum class ResponseFraming : std::uint8_t {
  none,     ///< no body: HEAD, 204, 304
  length,   ///< Content-Length
  chunked,  ///< Transfer-Encoding: chunked
  close,    ///< to the end of the connection: HTTP/1.0 and no length known
};

}  // namespace skiff
