#pragma once

#include <array>
#include <ctime>
#include <string_view>

namespace skiff {

/// The value of Date (RFC 9110, 5.6.7: IMF-fixdate), written once a second. One thread.
class HttpDate {
 public:
  /// The view lives until the next call.
  std::string_view at(std::time_t now);

 private:
  static constexpr std::size_t kLength = 29;
  std::time_t written_ = -1;
  std::array<char, kLength + 1> text_{};
};

}  // namespace skiff
