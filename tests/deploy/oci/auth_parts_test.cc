// Challenges, tokens and Retry-After: what is read of a registry's answers beside the content.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deploy/oci/challenge.h"
#include "deploy/oci/retry.h"
#include "deploy/oci/token.h"

namespace skiff {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Scheme = AuthChallenge::Scheme;

TEST(Challenge, IsReadInEachOfItsForms) {
  const AuthChallenge token{Scheme::bearer, "https://a/t", "s", "repository:x:pull,push"};
  EXPECT_THAT(
      parseChallenges(R"(Bearer realm="https://a/t",service="s",scope="repository:x:pull,push")"),
      ElementsAre(token));
  EXPECT_THAT(parseChallenges("bearer  Realm = \"https://a/t\" , SERVICE=s, error=\"x\" ,"
                              "scope=\"repository:x:pull,push\""),
              ElementsAre(token));
  EXPECT_THAT(parseChallenges("Basic realm=\"a, b\""),
              ElementsAre(AuthChallenge{Scheme::basic, "", "", ""}));
  EXPECT_THAT(parseChallenges("Negotiate, Basic realm=x, Bearer realm=\"a\\\"b\""),
              ElementsAre(AuthChallenge{Scheme::basic, "", "", ""},
                          AuthChallenge{Scheme::bearer, "a\"b", "", ""}));
}

TEST(Challenge, WhatIsNoneGivesNone) {
  for (const std::string& text :
       {std::string(), std::string(" , "), std::string("\"x\""), std::string("Bearer realm=\"x"),
        std::string("Bearer realm="), std::string("Bearer realm=\"x\\"), std::string("Digest a=b"),
        std::string("\0", 1)}) {
    EXPECT_THAT(parseChallenges(text), IsEmpty()) << text;
  }
  std::string many;
  for (int i = 0; i < 100; ++i) many += "Basic a=b, ";
  EXPECT_LE(parseChallenges(many).size(), 16);
}

TEST(TokenAnswer, IsReadInEachOfItsForms) {
  EXPECT_EQ(parseTokenAnswer(R"({"token":"abc"})")->value, "abc");
  EXPECT_EQ(parseTokenAnswer(R"({"token":"abc"})")->lifetime, seconds(60));
  const auto token = parseTokenAnswer(R"({"access_token":"a.b-c_d~e+f/=","expires_in":300})");
  EXPECT_EQ(token->value, "a.b-c_d~e+f/=");
  EXPECT_EQ(token->lifetime, seconds(300));
  EXPECT_EQ(parseTokenAnswer(R"({"token":"a","expires_in":"soon"})")->lifetime, seconds(60));
  EXPECT_EQ(parseTokenAnswer(R"({"token":"a","expires_in":-1})")->lifetime, seconds(60));
  EXPECT_LE(parseTokenAnswer(R"({"token":"a","expires_in":9e15})")->lifetime, seconds(86'400));
}

TEST(TokenAnswer, WhatHoldsNoTokenIsRefused) {
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{}"), std::string(R"({"token":1})"),
        std::string(R"({"token":""})"), std::string(R"({"token":"a\r\nX: y"})"),
        std::string(R"({"token":"a b"})"), "{\"token\":\"" + std::string(40'000, 'a') + "\"}",
        std::string(100'000, '[')}) {
    EXPECT_TRUE(parseTokenAnswer(text).has_error()) << text.substr(0, 80);
  }
}

TEST(TokenCache, ForgetsWhatIsAboutToExpireAndTheOldest) {
  TokenCache cache;
  const auto now = TokenCache::Clock::now();
  cache.put("a", {"1", seconds(60)}, now);
  EXPECT_EQ(cache.find("a", now + seconds(54)), "1");
  EXPECT_FALSE(cache.find("a", now + seconds(56)));
  EXPECT_FALSE(cache.find("b", now));
  cache.put("a", {"2", seconds(60)}, now);
  EXPECT_EQ(cache.find("a", now), "2");
  cache.remove("a");
  EXPECT_FALSE(cache.find("a", now));
  for (int i = 0; i < 17; ++i) cache.put(std::to_string(i), {"x", seconds(60)}, now);
  EXPECT_FALSE(cache.find("0", now));
  EXPECT_TRUE(cache.find("16", now));
}

TEST(RetryAfter, IsReadInBothForms) {
  const auto now = std::chrono::system_clock::from_time_t(784'111'777);  // of the date below
  EXPECT_EQ(parseRetryAfter("0", now), seconds(0));
  EXPECT_EQ(parseRetryAfter("120", now), seconds(120));
  EXPECT_EQ(parseRetryAfter("Sun, 06 Nov 1994 08:50:07 GMT", now), seconds(30));
  EXPECT_EQ(parseRetryAfter("Sun, 06 Nov 1994 08:49:00 GMT", now), seconds(0));
  EXPECT_GT(parseRetryAfter("18446744073709551615", now), seconds(1'000'000));
  EXPECT_GT(parseRetryAfter("Sun, 06 Nov 9994 08:49:37 GMT", now), seconds(1'000'000));
  for (const char* const text : {"", "-1", "1.5", "soon", "99999999999999999999", "12 s"}) {
    EXPECT_FALSE(parseRetryAfter(text, now)) << text;
  }
}

TEST(Retry, EndsWithItsTriesWithAskingTooMuchAndWithPatience) {
  PullLimits limits;
  limits.attempts = 3;
  limits.firstPause = limits.longestPause = std::chrono::milliseconds(1);
  limits.longestRetryAfter = std::chrono::milliseconds(1'500);
  const PullPatience patience{{}, std::chrono::steady_clock::now() + seconds(60)};
  Retry retry(limits, patience);
  EXPECT_TRUE(retry.wait({}));
  EXPECT_TRUE(retry.wait(seconds(0)));
  EXPECT_FALSE(retry.wait({}));
  Retry forgiven(limits, patience);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(forgiven.wait({}));
    forgiven.forgive();
  }
  EXPECT_FALSE(Retry(limits, patience).wait(seconds(2)));
  EXPECT_FALSE(Retry(limits, {{}, std::chrono::steady_clock::now()}).wait({}));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(Retry(limits, {stop.get_token(), patience.deadline}).wait(seconds(1)));
}

}  // namespace
}  // namespace skiff
