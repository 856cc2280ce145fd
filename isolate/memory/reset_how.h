#pragma once

#include <cstddef>
#include <cstdint>

namespace skiff {

/// How an instance became pristine for its next request.
enum class ResetHow : std::uint8_t {
  hot,      ///< the hot pages were copied back
  scan,     ///< the kernel listed the dirty pages
  discard,  ///< the kernel dropped the dirty pages
  fresh,    ///< it was dropped; the next request gets a new one
  none,     ///< not at all (it is reused as it is), or the reset failed
};
inline constexpr std::size_t kResetHowCount = 5;

/// The label of the metric: "hot", "scan", ….
const char* resetWord(ResetHow how);

}  // namespace skiff
