#include "router/route_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace skiff {
namespace {

using ::testing::HasSubstr;

TEST(RoutePattern, ParsesEachKindOfHostAndPath) {
  using Host = RoutePattern::Host;
  using Path = RoutePattern::Path;
  const struct {
    std::string_view text;
    RoutePattern pattern;
  } cases[] = {
      {"www.example.com/*", {Host::exact, "www.example.com", Path::prefix, "/"}},
      {"www.example.com/", {Host::exact, "www.example.com", Path::exact, "/"}},
      {"WWW.Example.com/A", {Host::exact, "www.example.com", Path::exact, "/A"}},
      {"*.example.com/a/b", {Host::wildcard, "example.com", Path::exact, "/a/b"}},
      {"*.com/a/*", {Host::wildcard, "com", Path::prefix, "/a/"}},
      {"*/a/", {Host::any, "", Path::exact, "/a/"}},
      {"*/*", {Host::any, "", Path::prefix, "/"}},
      {"localhost/a%20b", {Host::exact, "localhost", Path::exact, "/a%20b"}},
      {"_dmarc.xn--bcher-kva.example/~a;b=c,d",
       {Host::exact, "_dmarc.xn--bcher-kva.example", Path::exact, "/~a;b=c,d"}},
      {"127.0.0.1/*", {Host::exact, "127.0.0.1", Path::prefix, "/"}},
      {"[0:0::1]/x", {Host::exact, "[::1]", Path::exact, "/x"}},
      {"4.example/...", {Host::exact, "4.example", Path::exact, "/..."}},
  };
  for (const auto& test : cases) {
    const auto pattern = RoutePattern::parse(test.text);
    ASSERT_TRUE(pattern) << pattern.error().message;
    EXPECT_EQ(*pattern, test.pattern) << test.text;
    const auto again = RoutePattern::parse(pattern->text());
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, *pattern) << test.text;
  }
}

TEST(RoutePattern, SaysWhatIsWrongAndWhatToDo) {
  const std::string longLabel(64, 'a');
  const std::string longName = "a." + std::string(63, 'b') + "." + std::string(63, 'c') + "." +
                               std::string(63, 'd') + "." + std::string(63, 'e');
  const struct {
    std::string text;
    std::string_view why;
  } cases[] = {
      {"", "has no path"},
      {"example.com", "has no path: write \"host/*\""},
      {"/a", "has no host: write \"*\" for any"},
      {"https://example.com/a", "no scheme"},
      {"example.com:8080/a", "no port"},
      {"[::1]:8080/a", "IPv6 address in brackets"},
      {"[::g]/a", "IPv6 address in brackets"},
      {"::1/a", "IPv6 address in brackets"},
      {"example.com./a", "ends with a dot"},
      {"a..b/", "empty label"},
      {".a/", "empty label"},
      {"*./", "no host"},
      {"*.*.a/", "\"*.example.com\""},
      {"a*.b/", "\"*.example.com\""},
      {"a.*/", "\"*.example.com\""},
      {"exa mple.com/", "\" \" is none of them"},
      {"b\xc3\xbc"
       "cher.example/",
       "\"xn--\""},
      {"-a.b/", "begins or ends with '-'"},
      {"a-.b/", "begins or ends with '-'"},
      {longLabel + ".b/", "more than 63 characters"},
      {longName + "/", "more than 253 characters"},
      {"127.0.0.256/", "looks like an IPv4 address"},
      {"1.2.3/", "looks like an IPv4 address"},
      {"*.0.0.1/", "cannot have a wildcard"},
      {"a/b//c", "empty segment"},
      {"a//", "empty segment"},
      {"a//*", "empty segment"},
      {"a/b*", "only as its last segment"},
      {"a/*/b", "only as its last segment"},
      {"a/**", "only as its last segment"},
      {"a/b?c=d", "no query"},
      {"a/b#c", "no fragment"},
      {"a/./b", "resolve"},
      {"a/b/..", "resolve"},
      {"a/%2e%2E/b", "resolve"},
      {"a/.%2e", "resolve"},
      {"a/b c", "percent-encoded"},
      {std::string("a/b\0c", 5), "\"\\x00\", which must be percent-encoded"},
      {"a/\xc3\xbc", "percent-encoded"},
      {"a/b%2", "two hexadecimal digits"},
      {"a/b%zz", "two hexadecimal digits"},
      {"a/" + std::string(5'000, 'b'), "more than 4096 characters"},
  };
  for (const auto& test : cases) {
    const auto pattern = RoutePattern::parse(test.text);
    ASSERT_FALSE(pattern) << test.text;
    EXPECT_THAT(pattern.error().message, HasSubstr(test.why)) << test.text;
    EXPECT_THAT(pattern.error().message, HasSubstr("route \""));
    EXPECT_LT(pattern.error().message.size(), 1'000u);
  }
}

TEST(RoutePattern, ShowsHostileTextEscaped) {
  const auto pattern = RoutePattern::parse("a\x1b[31m\"\n");
  ASSERT_FALSE(pattern);
  EXPECT_THAT(pattern.error().message, HasSubstr("route \"a\\x1b[31m\\x22\\x0a\":"));
}

}  // namespace
}  // namespace skiff
