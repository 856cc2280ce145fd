#pragma once

#include <array>
#include <chrono>
#include <string>
#include <string_view>

namespace skiff {

/// Formats times as RFC 3339 in UTC with milliseconds ("2026-01-31T23:59:59.123Z"), and remembers
/// the last second's text since most lines share it. One thread.
class LogTime {
 public:
  /// The view is valid until the next call.
  std::string_view format(std::chrono::system_clock::time_point time);

 private:
  static constexpr std::size_t kLength = 24;
  std::chrono::sys_seconds second_{std::chrono::sys_seconds::min()};
  std::array<char, kLength> text_{};
};

}  // namespace skiff
