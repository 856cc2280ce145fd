#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace skiff {

/// Makes request ids: 32 hexadecimal digits, of which the first half is random and the same for all
/// of a front end, the second a scrambled counter. Unique, not secret. One thread.
class RequestIds {
 public:
  using Text = std::array<char, 32>;

  RequestIds();

  /// The number of a new request. Numbers are cheap; text() is for those that need it.
  std::uint64_t next() { return ++last_; }
  Text text(std::uint64_t number) const;

 private:
  std::uint64_t prefix_;
  std::uint64_t last_;
};

}  // namespace skiff
