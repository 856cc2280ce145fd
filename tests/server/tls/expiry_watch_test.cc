#include "server/tls/expiry_watch.h"

#include <gtest/gtest.h>

namespace skiff {
namespace {

constexpr std::int64_t kDay = ExpiryWatch::kDay;

TEST(ExpiryWatch, SpeaksUpTwoWeeksAheadAndOnceADay) {
  ExpiryWatch watch;
  CertificateFacts facts;
  facts.fingerprint = "f";
  facts.notAfter = 100 * kDay;
  const auto look = [&](std::int64_t now) { return watch.look("it", facts, now).value_or(""); };
  EXPECT_EQ(look(86 * kDay), "");
  EXPECT_EQ(look(86 * kDay + 1),
            "it expires in 13 days, and clients will refuse it then; renew it");
  EXPECT_EQ(look(87 * kDay), "") << "it was said less than a day ago";
  EXPECT_EQ(look(88 * kDay), "it expires in 12 days, and clients will refuse it then; renew it");
  EXPECT_EQ(look(99 * kDay), "it expires in 1 day, and clients will refuse it then; renew it");
  EXPECT_EQ(look(100 * kDay), "it has expired, and clients refuse it; renew it");
  EXPECT_EQ(look(101 * kDay), "it has expired, and clients refuse it; renew it");
}

TEST(ExpiryWatch, TellsOfEachCertificate) {
  ExpiryWatch watch;
  CertificateFacts one;
  one.fingerprint = "1";
  CertificateFacts other;
  other.fingerprint = "2";
  EXPECT_TRUE(watch.look("one", one, 1));
  EXPECT_TRUE(watch.look("other", other, 1));
  EXPECT_FALSE(watch.look("one", one, 2));
}

}  // namespace
}  // namespace skiff
