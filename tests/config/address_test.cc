#include "config/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skiff {
namespace {

using ::testing::HasSubstr;

TEST(ListenAddress, IsReadFromItsTextAndWrittenBack) {
  for (const std::string_view text :
       {"127.0.0.1:8080", "0.0.0.0:80", "127.0.0.1:0", "255.255.255.255:65535", "[::1]:8080",
        "[::]:1", "[2001:db8::1]:443"}) {
    const auto address = parseListenAddress(text);
    ASSERT_TRUE(address.has_value()) << address.error().message;
    EXPECT_EQ(address->text(), text);
  }
}

TEST(ListenAddress, HasOneFormHoweverItIsWritten) {
  EXPECT_EQ(*parseListenAddress("[0:0::0001]:80"), (ListenAddress{"::1", 80}));
  EXPECT_EQ(*parseListenAddress("[2001:DB8::1]:080"), (ListenAddress{"2001:db8::1", 80}));
}

struct RefusedAddress {
  std::string_view text;
  std::string_view reason;
};

TEST(ListenAddress, IsRefusedWithTheReason) {
  constexpr RefusedAddress kCases[] = {
      {"", "has no port"},
      {"127.0.0.1", "has no port"},
      {":8080", "has no IP address"},
      {"[]:80", "has no IP address"},
      {"localhost:8080", "does not begin with a literal IP address"},
      {"127.0.0.1:", "does not end in a port"},
      {"127.0.0.1:x", "does not end in a port"},
      {"127.0.0.1:65536", "does not end in a port"},
      {"127.0.0.1:-1", "does not end in a port"},
      {"127.0.0.1:80 ", "does not end in a port"},
      {"::1:8080", "needs brackets"},
      {"::1", "needs brackets"},
      {"[::1]", "does not begin"},
      {"[::1%lo]:80", "does not begin"},
      {"[127.0.0.1]:80", "does not begin"},
      {"127.0.0.256:80", "does not begin"},
      {"127.1:80", "does not begin"},
      {"http://127.0.0.1:80", "does not begin"},
  };
  for (const auto& [text, reason] : kCases) {
    const auto address = parseListenAddress(text);
    ASSERT_TRUE(address.has_error()) << text;
    EXPECT_THAT(address.error().message, HasSubstr(reason)) << text;
  }
  EXPECT_TRUE(parseListenAddress(std::string_view("127.0.0.1\0:80", 13)).has_error());
}

TEST(ListenAddress, KnowsWhetherOnlyThisMachineCanReachIt) {
  for (const std::string host : {"127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE((ListenAddress{host, 80}).isLoopback()) << host;
  }
  for (const std::string host : {"0.0.0.0", "::", "128.0.0.1", "10.0.0.1", "::ffff:10.0.0.1", ""}) {
    EXPECT_FALSE((ListenAddress{host, 80}).isLoopback()) << host;
  }
}

TEST(Origin, IsASchemeAHostAndPerhapsAPort) {
  EXPECT_EQ(*parseOrigin("http://127.0.0.1:9000"), "http://127.0.0.1:9000");
  EXPECT_EQ(*parseOrigin("http://localhost"), "http://localhost");
  EXPECT_EQ(*parseOrigin("http://[::1]:8080"), "http://[::1]:8080");
  EXPECT_EQ(*parseOrigin("http://10.0.0.1.nip.io:80"), "http://10.0.0.1.nip.io:80");
  EXPECT_EQ(*parseOrigin("http://1password.example"), "http://1password.example");
  EXPECT_EQ(*parseOrigin("HTTP://Origin.Example:080"), "http://origin.example:80");
}

TEST(Origin, IsRefusedWithTheReason) {
  constexpr RefusedAddress kCases[] = {
      {"", "is not a URL"},
      {"localhost", "is not a URL"},
      {"127.0.0.1:9000", "is not a URL"},
      {"http://a b", "is not a URL"},
      {"http://[::1", "is not a URL"},
      {"https://origin.example", "only scheme"},
      {"ftp://origin.example", "only scheme"},
      {"http:", "has no host"},
      {"http://", "no usable host name"},
      {"http://:80", "no usable host name"},
      {"http://a%2fb", "no usable host name"},
      {"http://[v1.x]", "no usable host name"},
      {"http://user@origin.example", "user name"},
      {"http://user:word@origin.example", "user name"},
      {"http://origin.example/", "goes on"},
      {"http://origin.example/path", "goes on"},
      {"http://origin.example?query", "goes on"},
      {"http://origin.example#part", "goes on"},
      {"http://origin.example:", "port"},
      {"http://origin.example:0", "port"},
      {"http://origin.example:65536", "port"},
      {"http://origin.example:99999999999", "port"},
  };
  for (const auto& [text, reason] : kCases) {
    const auto origin = parseOrigin(text);
    ASSERT_TRUE(origin.has_error()) << text;
    EXPECT_THAT(origin.error().message, HasSubstr(reason)) << text;
  }
  EXPECT_TRUE(parseOrigin("http://" + std::string(254, 'a')).has_error());
}

}  // namespace
}  // namespace skiff
