#include "config/private_address.h"

#include <algorithm>
#include <cstddef>

namespace skiff {
namespace {

std::uint32_t ipv4At(const std::array<std::uint8_t, 16>& bytes, std::size_t at) {
  std::uint32_t address = 0;
  for (std::size_t i = at; i < at + 4; ++i) address = address << 8 | bytes[i];
  return address;
}

}  // namespace

bool isPrivateIpv4(std::uint32_t address) {
  const auto within = [&](std::uint32_t network, int bits) {
    return (address ^ network) >> (32 - bits) == 0;
  };
  // RFC 6890: this host, private, shared, loopback, link-local, private, protocol assignments,
  // private, benchmarking, multicast and reserved.
  return within(0x00000000, 8) || within(0x0a000000, 8) || within(0x64400000, 10) ||
         within(0x7f000000, 8) || within(0xa9fe0000, 16) || within(0xac100000, 12) ||
         within(0xc0000000, 24) || within(0xc0a80000, 16) || within(0xc6120000, 15) ||
         within(0xe0000000, 3);
}

bool isPrivateIpv6(const std::array<std::uint8_t, 16>& address) {
  // RFC 4291, section 2.5.5: "::a.b.c.d" and "::ffff:a.b.c.d". "::" and "::1" are of the first
  // kind, and private as 0.0.0.0/8 is.
  const bool isZero = std::all_of(address.begin(), address.begin() + 10,
                                  [](std::uint8_t byte) { return byte == 0; });
  const bool isMapped = address[10] == 0xff && address[11] == 0xff;
  const bool isCompatible = address[10] == 0 && address[11] == 0;
  if (isZero && (isMapped || isCompatible)) return isPrivateIpv4(ipv4At(address, 12));
  // RFC 3056, section 2: 2002:a.b.c.d::/48 leads to a.b.c.d.
  if (address[0] == 0x20 && address[1] == 0x02) return isPrivateIpv4(ipv4At(address, 2));
  // Only 2000::/3 is global unicast (RFC 4291, section 2.4).
  return (address[0] & 0xe0) != 0x20;
}

}  // namespace skiff
