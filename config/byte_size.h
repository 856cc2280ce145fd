#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skiff {

/// A number of bytes. Text form: a whole number with one of B, KiB, MiB, GiB, TiB ("128MiB"); no
/// decimal units, so that nobody has to guess.
class ByteSize {
 public:
  constexpr ByteSize() = default;
  constexpr explicit ByteSize(std::uint64_t bytes) : bytes_(bytes) {}

  constexpr std::uint64_t bytes() const { return bytes_; }
  constexpr auto operator<=>(const ByteSize&) const = default;

  /// Nothing if `text` is not a size or does not fit 64 bits.
  static std::optional<ByteSize> parse(std::string_view text);
  /// The largest unit that divides it: "128MiB".
  std::string text() const;

 private:
  std::uint64_t bytes_ = 0;
};

constexpr ByteSize operator""_KiB(unsigned long long n) {
  return ByteSize(n << 10);
}
constexpr ByteSize operator""_MiB(unsigned long long n) {
  return ByteSize(n << 20);
}
constexpr ByteSize operator""_GiB(unsigned long long n) {
  return ByteSize(n << 30);
}

}  // namespace skiff
