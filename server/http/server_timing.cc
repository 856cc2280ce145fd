#include "server/http/server_timing.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "quota/cycle_clock.h"

namespace skiff {
namespace {

using std::chrono::nanoseconds;

constexpr std::array<std::string_view, 7> kNames{"route",       "queue", "isolate", "module",
                                                 "instantiate", "init",  "guest"};

/// In milliseconds, to the microsecond: rounded down, so that the sum does not exceed the whole.
void appendMilliseconds(std::string& out, std::int64_t microseconds) {
  std::array<char, 24> digits;
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), microseconds / 1'000).ptr;
  out.append(digits.data(), end);
  const std::int64_t rest = microseconds % 1'000;
  const char fraction[] = {'.', static_cast<char>('0' + rest / 100),
                           static_cast<char>('0' + rest / 10 % 10),
                           static_cast<char>('0' + rest % 10)};
  out.append(fraction, sizeof fraction);
}

}  // namespace

ServerTiming::ServerTiming(nanoseconds sofar) : entered_(readCycles()) {
  of(Step::route) = std::max(nanoseconds::zero(), sofar);
}

void ServerTiming::enter(Step step) {
  const std::uint64_t now = readCycles();
  of(std::exchange(step_, step)) += cyclesToTime(now - std::exchange(entered_, now));
}

void ServerTiming::move(Step from, Step to, nanoseconds time) {
  const nanoseconds moved = std::min(time, of(from));
  of(from) -= moved;
  of(to) += moved;
}

void ServerTiming::write(std::string& out) const {
  auto times = times_;
  times[static_cast<std::size_t>(step_)] += cyclesToTime(readCycles() - entered_);
  std::string_view separator;
  for (std::size_t i = 0; i < kSteps; ++i) {
    const std::int64_t microseconds = times[i].count() / 1'000;
    if (microseconds == 0) continue;
    out.append(std::exchange(separator, ", ")).append(kNames[i]).append(";dur=");
    appendMilliseconds(out, microseconds);
  }
  if (separator.empty()) out.append("route;dur=0.000");
}

}  // namespace skiff
