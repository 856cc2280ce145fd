#include "server/origin/origin_address.h"

#include <gtest/gtest.h>

namespace skiff {
namespace {

TEST(OriginAddress, IsReadFromUrlsWithAndWithoutPort) {
  struct Case {
    std::string url, host, authority;
    std::uint16_t port;
  };
  for (const Case& expected :
       {Case{"http://example.org", "example.org", "example.org", 80},
        Case{"http://example.org/", "example.org", "example.org", 80},
        Case{"http://example.org:80", "example.org", "example.org", 80},
        Case{"http://127.0.0.1:9000", "127.0.0.1", "127.0.0.1:9000", 9000},
        Case{"http://10.0.0.1.nip.io", "10.0.0.1.nip.io", "10.0.0.1.nip.io", 80},
        Case{"http://[::1]:9000", "::1", "[::1]:9000", 9000}}) {
    const auto address = OriginAddress::parse(expected.url);
    ASSERT_TRUE(address) << expected.url;
    EXPECT_EQ(address->host, expected.host);
    EXPECT_EQ(address->authority, expected.authority);
    EXPECT_EQ(address->port, expected.port);
  }
}

TEST(OriginAddress, RefusesEverythingElseAndSaysWhy) {
  struct Case {
    std::string url, error;
  };
  for (const Case& expected :
       {Case{"", "not a URL"}, Case{"example.org", "not a URL"},
        Case{"https://example.org", "only http"}, Case{"http://", "host is missing"},
        Case{"http://a:b@example.org", "user and password"},
        Case{"http://example.org/path", "path"}, Case{"http://example.org?q", "query"},
        Case{"http://example.org#f", "fragment"}, Case{"http://example.org:0", "port"},
        Case{"http://example.org:70000", "port"}, Case{"http://exa mple.org", "not a URL"},
        Case{"http://a%00b", "not a name"}}) {
    const auto address = OriginAddress::parse(expected.url);
    ASSERT_FALSE(address) << expected.url;
    EXPECT_THAT(address.error().message, testing::HasSubstr(expected.error)) << expected.url;
  }
}

}  // namespace
}  // namespace skiff
