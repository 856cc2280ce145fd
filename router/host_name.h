#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace skiff {

/// A host in the one spelling in which hosts are compared: lower case, without a trailing dot, an
/// IPv6 literal in brackets and in its canonical text (RFC 5952). Held in place, so that making one
/// allocates nothing.
class HostName {
 public:
  static constexpr std::size_t kMaxLength = 255;

  /// False for what cannot be a host: over kMaxLength bytes, an empty label ("a..b", ".a"),
  /// brackets around anything but an IPv6 address. Which characters labels consist of is not looked
  /// at: what no pattern can contain, no pattern matches. An empty host and "." give an empty text.
  bool assign(std::string_view host);

  std::string_view text() const { return {buffer_.data(), size_}; }

 private:
  bool assignIpv6(std::string_view host);

  std::array<char, kMaxLength + 1> buffer_;
  std::size_t size_ = 0;
};

}  // namespace skiff
