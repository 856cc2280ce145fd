#include "quota/reason.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace skiff {
namespace {

struct Row {
  Reason reason;
  std::string_view word;
  int status;
  bool hasRetryAfter;
};

constexpr Row kRows[] = {
    {Reason::none, "", 200, false},
    {Reason::noRoute, "no_route", 404, false},
    {Reason::rateLimit, "rate_limit", 429, true},
    {Reason::concurrencyLimit, "concurrency_limit", 429, true},
    {Reason::cpuQuota, "cpu_quota", 429, true},
    {Reason::bodyTooLarge, "body_too_large", 413, false},
    {Reason::headersTooLarge, "headers_too_large", 431, false},
    {Reason::uriTooLong, "uri_too_long", 414, false},
    {Reason::badRequest, "bad_request", 400, false},
    {Reason::requestTimeout, "request_timeout", 408, false},
    {Reason::cpuLimit, "cpu_limit", 503, false},
    {Reason::memoryLimit, "memory_limit", 503, false},
    {Reason::wallLimit, "wall_limit", 504, false},
    {Reason::guestTrap, "guest_trap", 502, false},
    {Reason::guestExit, "guest_exit", 502, false},
    {Reason::badResponse, "bad_response", 502, false},
    {Reason::notReady, "not_ready", 503, true},
    {Reason::overloaded, "overloaded", 503, true},
    {Reason::originError, "origin_error", 502, false},
    {Reason::clientGone, "client_gone", 499, false},
    {Reason::drained, "drained", 503, false},
    {Reason::misdirected, "misdirected", 421, false},
};
static_assert(std::size(kRows) == kReasonCount);

TEST(Reason, HasTheWordStatusAndRetryAfterOfTheTable) {
  for (const Row& row : kRows) {
    EXPECT_EQ(reasonWord(row.reason), row.word);
    EXPECT_EQ(reasonStatus(row.reason), row.status) << row.word;
    EXPECT_EQ(reasonRetryAfter(row.reason) > 0, row.hasRetryAfter) << row.word;
  }
}

TEST(Reason, HasAWordOfItsOwnThatFitsAHeaderAndALabel) {
  std::set<std::string_view> words;
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const std::string_view word = reasonWord(static_cast<Reason>(i));
    EXPECT_TRUE(words.insert(word).second) << word;
    EXPECT_EQ(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos);
  }
}

TEST(Reason, TellsTheClientInOneSentence) {
  EXPECT_EQ(reasonTitle(Reason::none), "");
  std::set<std::string_view> titles;
  for (std::size_t i = 1; i < kReasonCount; ++i) {
    const std::string_view title = reasonTitle(static_cast<Reason>(i));
    EXPECT_TRUE(titles.insert(title).second) << title;
    EXPECT_TRUE(title.ends_with('.')) << title;
    // It goes into JSON and a log line.
    EXPECT_EQ(title.find_first_of("\"\\\n"), std::string_view::npos) << title;
  }
}

}  // namespace
}  // namespace skiff
