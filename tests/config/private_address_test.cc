#include "config/private_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace skiff {
namespace {

bool isPrivate(const char* text) {
  in_addr v4{};
  if (inet_pton(AF_INET, text, &v4) == 1) return isPrivateIpv4(ntohl(v4.s_addr));
  std::array<std::uint8_t, 16> v6{};
  EXPECT_EQ(inet_pton(AF_INET6, text, v6.data()), 1) << text;
  return isPrivateIpv6(v6);
}

TEST(PrivateAddress, IsWhatNoPublicServerHas) {
  for (const char* text : {"0.0.0.0",
                           "10.1.2.3",
                           "100.64.0.1",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.9.9.9",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.168.1.1",
                           "198.18.0.1",
                           "224.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "fc00::1",
                           "fdff::1",
                           "fe80::1",
                           "ff02::1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "::10.0.0.1",
                           "64:ff9b::a00:1",
                           "2002:a00:1::1"}) {
    EXPECT_TRUE(isPrivate(text)) << text;
  }
}

TEST(PrivateAddress, IsNoneOfAPublicServer) {
  for (const char* text :
       {"8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "169.253.0.1",
        "223.255.255.255", "2606:4700::1111", "::ffff:8.8.8.8", "2002:808:808::1"}) {
    EXPECT_FALSE(isPrivate(text)) << text;
  }
}

}  // namespace
}  // namespace skiff
