#include "deploy/oci/retry.h"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <string>

namespace skiff {

std::optional<std::chrono::seconds> parseRetryAfter(std::string_view field,
                                                    std::chrono::system_clock::time_point now) {
  constexpr std::int64_t kLongest = 365 * 24 * 3'600;
  std::uint64_t seconds = 0;
  const char* const end = field.data() + field.size();
  const auto [rest, error] = std::from_chars(field.data(), end, seconds);
  if (rest == end && !field.empty() && error == std::errc{}) {
    return std::chrono::seconds(std::min<std::uint64_t>(seconds, kLongest));
  }
  std::tm date{};
  if (field.find('\0') != field.npos ||
      ::strptime(std::string(field).c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date) == nullptr) {
    return std::nullopt;
  }
  // In seconds: a date of far away is beyond what the clock's own unit can hold.
  const std::int64_t pause =
      std::int64_t{::timegm(&date)} - std::chrono::system_clock::to_time_t(now);
  return std::chrono::seconds(std::clamp<std::int64_t>(pause, 0, kLongest));
}

Retry::Retry(const PullLimits& limits, const PullPatience& patience)
    : limits_(limits), patience_(patience) {}

bool Retry::wait(std::optional<std::chrono::seconds> asked) {
  using std::chrono::milliseconds;
  if (++failures_ >= limits_.attempts) return false;
  if (asked && *asked > limits_.longestRetryAfter) return false;
  milliseconds most = limits_.firstPause;
  for (unsigned i = 1; i < failures_ && most < limits_.longestPause; ++i) most *= 2;
  most = std::min(most, limits_.longestPause);
  // At random, so that those who were cut off together do not come back together.
  std::uniform_int_distribution<milliseconds::rep> pauses(most.count() / 2, most.count());
  const milliseconds pause(pauses(random_));
  const auto end = std::chrono::steady_clock::now() +
                   std::max<milliseconds>(pause, asked.value_or(std::chrono::seconds(0)));
  if (end >= patience_.deadline) return false;
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any stopped;
  stopped.wait_until(lock, patience_.stop, end, [] { return false; });
  return !patience_.stop.stop_requested();
}

}  // namespace skiff
