#pragma once

#include <cstdint>

namespace skiff {

/// Why a stream or a connection ends (RFC 9113, 7).
enum class Http2Error : std::uint32_t {
  none = 0x0,
  protocol = 0x1,
  internal = 0x2,
  refusedStream = 0x7,
  cancel = 0x8,
  enhanceYourCalm = 0xb,
};

}  // namespace skiff
