#pragma once

#include <array>
#include <cstdint>

namespace skiff {

/// Whether the address (in host order) is this machine's or of a network that is not public:
/// everything of RFC 6890 that no public server has, multicast included.
bool isPrivateIpv4(std::uint32_t address);

/// The same, in network order. An address that stands for one of IPv4 is what that is.
bool isPrivateIpv6(const std::array<std::uint8_t, 16>& address);

}  // namespace skiff
