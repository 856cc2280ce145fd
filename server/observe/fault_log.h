#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "isolate/guest_settings.h"
#include "quota/reason.h"

namespace skiff {

namespace wasm {
class Symbols;
}

/// How a guest failed at a request.
struct GuestFault {
  Reason reason = Reason::none;
  std::string_view message;              ///< one line
  std::span<const std::uint32_t> stack;  ///< see wasm::stackLines()
};

/// Tells an app's log how its guests failed, each time as one entry:
///   guest_trap: integer divide by zero
///       at divide (shop.c:41) [function 12, offset 0x1a3]
/// A guest that fails at every request fails alike: the same fault is written once a second, and
/// how often it happened in between is told afterwards. Of different ones kFaults are written a
/// second, and the rest is counted. Any thread.
class FaultLog {
 public:
  static constexpr std::size_t kFaults = 16;
  static constexpr std::chrono::seconds kPause{1};
  using Clock = std::chrono::steady_clock;

  /// REQUIRES: `log` outlives this. `now` is for tests.
  explicit FaultLog(
      GuestLog& log, std::function<Clock::time_point()> now = [] { return Clock::now(); })
      : log_(log), now_(std::move(now)) {}

  void write(std::string_view requestId, const GuestFault& fault, const wasm::Symbols& symbols);
  /// Tells what was left out and has not been told: for a tick, as no further fault may come.
  void flush();

 private:
  struct Seen {
    std::size_t key = 0;
    Clock::time_point written{};
    std::string title;  ///< "guest_trap: unreachable"
    std::uint64_t leftOut = 0;
    bool inUse = false;
  };
  void tellLeftOut(Seen& seen);

  GuestLog& log_;
  const std::function<Clock::time_point()> now_;
  std::mutex mutex_;
  std::array<Seen, kFaults> seen_;
  std::uint64_t others_ = 0;  ///< left out since there were too many different ones
};

}  // namespace skiff
