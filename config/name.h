#pragma once

#include <cstddef>
#include <string_view>

namespace skiff {

inline constexpr std::size_t kLongestName = 63;

/// Whether `name` may be a tenant's or an app's: [a-z0-9-], 1 to kLongestName characters. Such a
/// name is safe as it is in a metric's label, a log line, a file name and a URL.
constexpr bool isValidName(std::string_view name) {
  if (name.empty() || name.size() > kLongestName) return false;
  for (const char c : name) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
  }
  return true;
}

}  // namespace skiff
