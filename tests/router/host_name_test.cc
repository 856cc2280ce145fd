#include "router/host_name.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace skiff {
namespace {

std::optional<std::string> nameOf(std::string_view host) {
  HostName name;
  if (!name.assign(host)) return std::nullopt;
  return std::string(name.text());
}

TEST(HostName, HasOneSpelling) {
  const struct {
    std::string_view host, name;
  } cases[] = {
      {"Example.COM", "example.com"},
      {"example.com.", "example.com"},
      {"", ""},
      {".", ""},
      {"127.0.0.1", "127.0.0.1"},
      {"[::1]", "[::1]"},
      {"[0:0:0:0:0:0:0:1]", "[::1]"},
      {"[2001:DB8:0::1]", "[2001:db8::1]"},
      {"[::ffff:1.2.3.4]", "[::ffff:1.2.3.4]"},
  };
  for (const auto& test : cases) EXPECT_EQ(nameOf(test.host), test.name) << test.host;
}

TEST(HostName, RefusesWhatIsNoHost) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view host :
       {"a..b"sv, ".a"sv, "a.."sv, ".."sv, "["sv, "[]"sv, "[::1"sv, "[::1]x"sv, "[1.2.3.4]"sv,
        "[fe80::1%eth0]"sv, "[::1\0]"sv, "[v1.a]"sv}) {
    EXPECT_EQ(nameOf(host), std::nullopt) << host;
  }
}

TEST(HostName, HoldsUpTo255Bytes) {
  const std::string longest = std::string(127, 'A') + '.' + std::string(127, 'B');
  EXPECT_EQ(nameOf(longest), std::string(127, 'a') + '.' + std::string(127, 'b'));
  EXPECT_EQ(nameOf(longest + '.'), nameOf(longest));
  EXPECT_EQ(nameOf(longest + 'c'), std::nullopt);
  EXPECT_EQ(nameOf('[' + std::string(300, ':') + ']'), std::nullopt);
}

}  // namespace
}  // namespace skiff
