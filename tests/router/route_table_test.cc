#include "router/route_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/router/allocation_count.h"

namespace skiff {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

RoutePattern parsed(std::string_view text) {
  auto pattern = RoutePattern::parse(text);
  if (!pattern) throw std::invalid_argument(pattern.error().message);
  return std::move(*pattern);
}

RouteSpec spec(std::string_view pattern, RouteTarget target, int priority = 0,
               std::string owner = "tenant/app") {
  return {parsed(pattern), priority, target, std::move(owner)};
}

RouteTable tableOf(const std::vector<std::string>& patterns) {
  std::vector<RouteSpec> specs;
  for (const std::string& pattern : patterns) {
    specs.push_back(spec(pattern, static_cast<RouteTarget>(specs.size())));
  }
  auto table = RouteTable::build(specs);
  EXPECT_TRUE(table);
  return std::move(*table);
}

/// The pattern that matches, "" for none.
std::string matched(const RouteTable& table, std::string_view host, std::string_view path) {
  RouteMatch match{};
  return table.lookup(host, path, match) ? std::string(match.pattern) : "";
}

TEST(RouteTable, TakesTheMostSpecificRoute) {
  const RouteTable table = tableOf({
      "*/*",
      "*/any",
      "*/deep/*",
      "*.example.com/*",
      "*.example.com/w",
      "*.sub.example.com/only/*",
      "example.com/*",
      "example.com/a",
      "example.com/a/*",
      "example.com/a/b/*",
      "example.com/c/",
      "www.example.com/site/*",
      "127.0.0.1/ip",
      "[::1]/ip",
  });
  const struct {
    std::string_view name, host, path, pattern;
  } cases[] = {
      {"exact path before prefix", "example.com", "/a", "example.com/a"},
      {"a prefix matches what follows", "example.com", "/a/x", "example.com/a/*"},
      {"a prefix matches with its slash", "example.com", "/a/", "example.com/a/*"},
      {"a longer prefix before a shorter", "example.com", "/a/b/c", "example.com/a/b/*"},
      {"a prefix matches without its slash", "example.com", "/a/b", "example.com/a/b/*"},
      {"a prefix ends at a segment", "example.com", "/ab", "example.com/*"},
      {"a longer segment is another", "example.com", "/a/bc", "example.com/a/*"},
      {"an exact path with a slash", "example.com", "/c/", "example.com/c/"},
      {"is not the one without", "example.com", "/c", "example.com/*"},
      {"nor what is below it", "example.com", "/c/d", "example.com/*"},
      {"the root", "example.com", "/", "example.com/*"},
      {"an empty segment is one of its own", "example.com", "//a", "example.com/*"},
      {"encodings are not decoded", "example.com", "/%61", "example.com/*"},
      {"dot segments are not resolved", "example.com", "/x/../a", "example.com/*"},
      {"paths have case", "example.com", "/A", "example.com/*"},
      {"hosts have none", "EXAMPLE.com", "/a", "example.com/a"},
      {"a trailing dot is the same host", "example.com.", "/a", "example.com/a"},
      {"wildcard for one label", "x.example.com", "/w", "*.example.com/w"},
      {"wildcard for two labels", "y.x.example.com", "/w", "*.example.com/w"},
      {"exact host before wildcard", "www.example.com", "/site/x", "www.example.com/site/*"},
      {"next less specific host if no path matches", "www.example.com", "/w", "*.example.com/w"},
      {"longer wildcard first", "x.sub.example.com", "/only/1", "*.sub.example.com/only/*"},
      {"then the shorter", "x.sub.example.com", "/other", "*.example.com/*"},
      {"a wildcard is not its own suffix", "sub.example.com", "/only/1", "*.example.com/*"},
      {"a name that only ends like it", "anexample.com", "/", "*/*"},
      {"any host", "other.org", "/any", "*/any"},
      {"any host, by prefix", "other.org", "/deep/x", "*/deep/*"},
      {"no host", "", "/any", "*/any"},
      {"IPv4", "127.0.0.1", "/ip", "127.0.0.1/ip"},
      {"IPv6", "[0::0:1]", "/ip", "[::1]/ip"},
      {"no path", "example.com", "*", ""},
      {"empty path", "example.com", "", ""},
      {"empty label", "www..example.com", "/", ""},
      {"leading dot", ".example.com", "/", ""},
  };
  for (const auto& test : cases) {
    EXPECT_EQ(matched(table, test.host, test.path), test.pattern) << test.name;
  }
  EXPECT_EQ(matched(table, std::string(256, 'a'), "/"), "");
  EXPECT_EQ(matched(table, std::string(255, 'a'), "/"), "*/*");
}

TEST(RouteTable, MatchesNothingWhenEmpty) {
  EXPECT_EQ(matched(RouteTable(), "a", "/"), "");
  EXPECT_EQ(matched(tableOf({}), "a", "/"), "");
  EXPECT_EQ(RouteTable().size(), 0u);
}

TEST(RouteTable, FallsThroughEveryHostBeforeItGivesUp) {
  const RouteTable table = tableOf({"a.b.c/1", "*.b.c/2", "*.c/3", "*/4"});
  EXPECT_EQ(matched(table, "a.b.c", "/1"), "a.b.c/1");
  EXPECT_EQ(matched(table, "a.b.c", "/2"), "*.b.c/2");
  EXPECT_EQ(matched(table, "a.b.c", "/3"), "*.c/3");
  EXPECT_EQ(matched(table, "a.b.c", "/4"), "*/4");
  EXPECT_EQ(matched(table, "a.b.c", "/5"), "");
}

TEST(RouteTable, LetsPriorityBreakTies) {
  for (const bool reversed : {false, true}) {
    std::vector<RouteSpec> specs = {spec("a/x", 1, -1, "t/low"), spec("a/x", 2, 7, "t/high"),
                                    spec("a/x", 3, 0, "t/middle"), spec("a/*", 4, 100, "t/prefix")};
    if (reversed) std::reverse(specs.begin(), specs.end());
    const auto table = RouteTable::build(specs);
    ASSERT_TRUE(table);
    RouteMatch match{};
    ASSERT_TRUE(table->lookup("a", "/x", match));
    // A higher priority does not make a less specific route win.
    EXPECT_EQ(match.target, 2u);
    EXPECT_EQ(table->size(), 4u);
  }
}

TEST(RouteTable, NamesBothRoutesOfEveryConflict) {
  const auto table = RouteTable::build(std::vector<RouteSpec>{
      spec("a.com/x", 1, 0, "acme/one"), spec("b.com/*", 2, 3, "acme/two"),
      spec("A.com/x", 3, 0, "evil/three"), spec("b.com/*", 4, 3, "acme/two"),
      spec("a.com/x", 5, 1, "acme/four"), spec("c.com/*", 6, 0, "acme/five")});
  ASSERT_FALSE(table);
  ASSERT_EQ(table.error().size(), 2u);
  EXPECT_THAT(table.error()[0].message,
              AllOf(HasSubstr("a.com/x"), HasSubstr("acme/one"), HasSubstr("evil/three"),
                    HasSubstr("priority 0"), HasSubstr("higher priority")));
  EXPECT_THAT(table.error()[1].message, AllOf(HasSubstr("b.com/*"), HasSubstr("twice in acme/two"),
                                              HasSubstr("priority 3"), HasSubstr("remove")));
}

TEST(RouteTable, KeepsPatternTextsWhenItMoves) {
  RouteTable table = tableOf({"a/*"});
  RouteMatch match{};
  ASSERT_TRUE(table.lookup("a", "/", match));
  const RouteTable moved = std::move(table);
  EXPECT_EQ(match.pattern, "a/*");
  EXPECT_EQ(matched(moved, "a", "/"), "a/*");
}

TEST(RouteTable, LooksUpWithoutAllocating) {
  const RouteTable table = tableOf({"*/*", "*.example.com/a/*", "www.example.com/b", "[::1]/*"});
  const std::string longPath = "/a/" + std::string(8'000, 'x');
  RouteMatch match{};
  const std::size_t before = testing::allocationCount();
  bool found = table.lookup("WWW.Example.com.", "/b", match);
  found = table.lookup("deep.www.example.com", longPath, match) && found;
  found = table.lookup("[0:0::0:1]", "/", match) && found;
  found = table.lookup("nowhere.org", longPath, match) && found;
  EXPECT_EQ(testing::allocationCount(), before);
  EXPECT_TRUE(found);
}

/// What the table must agree with: every pattern is tried, the best of those that match is taken.
class ReferenceMatcher {
 public:
  explicit ReferenceMatcher(const std::vector<std::string>& patterns) {
    for (const std::string& text : patterns) patterns_.push_back(parsed(text));
  }

  std::string match(std::string_view host, std::string_view path) const {
    const RoutePattern* best = nullptr;
    for (const RoutePattern& pattern : patterns_) {
      if (!matchesHost(pattern, host) || !matchesPath(pattern, path)) continue;
      if (!best || rank(pattern) > rank(*best)) best = &pattern;
    }
    return best ? best->text() : "";
  }

 private:
  static bool matchesHost(const RoutePattern& pattern, std::string_view host) {
    switch (pattern.hostKind) {
      case RoutePattern::Host::exact:
        return host == pattern.host;
      case RoutePattern::Host::wildcard:
        return host.size() > pattern.host.size() + 1 && host.ends_with("." + pattern.host);
      case RoutePattern::Host::any:
        return true;
    }
    return false;
  }
  static bool matchesPath(const RoutePattern& pattern, std::string_view path) {
    if (pattern.pathKind == RoutePattern::Path::exact) return path == pattern.path;
    return path.starts_with(pattern.path) || std::string(path) + "/" == pattern.path;
  }
  static std::array<std::size_t, 4> rank(const RoutePattern& pattern) {
    const std::size_t host = pattern.hostKind == RoutePattern::Host::exact      ? 2
                             : pattern.hostKind == RoutePattern::Host::wildcard ? 1
                                                                                : 0;
    return {host, pattern.host.size(), pattern.pathKind == RoutePattern::Path::exact,
            pattern.path.size()};
  }

  std::vector<RoutePattern> patterns_;
};

/// Hosts and paths of few words, so that they often meet.
class Words {
 public:
  explicit Words(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }
  std::string host() {
    std::string host = label();
    for (std::size_t more = below(4); more > 0; --more) host += '.' + label();
    return host;
  }
  std::string path(bool pattern) {
    std::string path;
    for (std::size_t count = below(4); count > 0; --count) path += '/' + label();
    if (pattern && below(2) == 0) return path + "/*";
    if (path.empty() || below(4) == 0) path += '/';
    return path;
  }
  std::string pattern() {
    const std::size_t kind = below(10);
    return (kind == 0 ? "*" : kind < 5 ? "*." + host() : host()) + path(true);
  }

 private:
  std::string label() { return std::string(1 + below(2), static_cast<char>('a' + below(3))); }
  std::mt19937 random_;
};

TEST(RouteTable, AgreesWithTryingEveryPattern) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    Words words(seed);
    std::vector<std::string> patterns;
    const std::size_t count = 1 + words.below(60);
    while (patterns.size() < count) {
      std::string pattern = words.pattern();
      if (std::find(patterns.begin(), patterns.end(), pattern) == patterns.end()) {
        patterns.push_back(std::move(pattern));
      }
    }
    const RouteTable table = tableOf(patterns);
    const ReferenceMatcher reference(patterns);
    for (int i = 0; i < 200; ++i) {
      const std::string host = words.host();
      const std::string path = words.path(false);
      ASSERT_EQ(matched(table, host, path), reference.match(host, path))
          << "seed " << seed << ", " << host << path;
    }
  }
}

TEST(RouteTable, FindsEachOfTenThousandRoutes) {
  std::vector<RouteSpec> specs;
  for (RouteTarget i = 0; i < 10'000; ++i) {
    const std::string number = std::to_string(i);
    specs.push_back(i % 2 == 0 ? spec("app" + number + ".example.com/*", i)
                               : spec("*.tenant" + number + ".example.com/v1/*", i));
  }
  const auto table = RouteTable::build(specs);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->size(), 10'000u);
  for (RouteTarget i = 0; i < 10'000; ++i) {
    const std::string number = std::to_string(i);
    RouteMatch match{};
    ASSERT_TRUE(i % 2 == 0 ? table->lookup("app" + number + ".example.com", "/some/path", match)
                           : table->lookup("www.tenant" + number + ".example.com", "/v1/x", match));
    EXPECT_EQ(match.target, i);
  }
  EXPECT_EQ(matched(*table, "app10000.example.com", "/"), "");
}

}  // namespace
}  // namespace skiff
