#include "server/observe/guest_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <thread>

#include "tests/server/observe/temporary_folder.h"

namespace skiff {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

/// A guest log into a file, with a clock that the test moves.
class GuestLogTest : public testing::Test {
 protected:
  GuestLogTest() : sink_(std::move(*LogSink::open((folder_ / "log").string()))) {}

  GuestLogOptions options() {
    GuestLogOptions options;
    options.steadyNow = [this] { return std::chrono::steady_clock::time_point(passed_); };
    options.wallNow = [] {
      return std::chrono::system_clock::time_point(milliseconds(1'709'210'096'789));
    };
    return options;
  }
  std::vector<std::string> lines() {
    EXPECT_TRUE(sink_->drain(std::chrono::seconds(10)));
    return readLines(folder_ / "log");
  }
  static std::string message(const std::string& line) {
    return boost::json::parse(line).at("message").as_string().c_str();
  }

  TemporaryFolder folder_;
  std::unique_ptr<LogSink> sink_;
  milliseconds passed_{1000};
};

TEST_F(GuestLogTest, WritesJsonLinesUnderTheAppsName) {
  AppGuestLog log("acme", "hello", *sink_, options());
  log.write(LogLevel::error, "01hq", "went \"wrong\"");
  ASSERT_EQ(lines().size(), 1u);
  EXPECT_EQ(lines()[0], R"({"time":"2024-02-29T12:34:56.789Z","tenant":"acme","app":"hello",)"
                        R"("request_id":"01hq","level":"error","message":"went \"wrong\""})");
}

TEST_F(GuestLogTest, KeepsAnEntryInOneLine) {
  AppGuestLog log("acme", "hello", *sink_, options());
  log.writeEntry(LogLevel::error, "r", "guest_trap: unreachable\n    at main");
  ASSERT_EQ(lines().size(), 1u);
  EXPECT_EQ(message(lines()[0]), "guest_trap: unreachable\n    at main");
}

TEST_F(GuestLogTest, PaysForEntriesAsForLines) {
  GuestLogOptions small = options();
  small.burst = 4_KiB;
  AppGuestLog log("acme", "hello", *sink_, small);
  for (int i = 0; i < 100; ++i) log.writeEntry(LogLevel::error, "r", std::string(400, 'x'));
  EXPECT_LT(lines().size(), 10u);
  EXPECT_GT(log.droppedBytes(), 30'000u);
}

TEST_F(GuestLogTest, MakesALineOfEachLineOfText) {
  AppGuestLog log("acme", "hello", *sink_, options());
  log.write(LogLevel::info, "r", "one\r\n\ntwo\nthree");
  ASSERT_EQ(lines().size(), 3u);
  EXPECT_EQ(message(lines()[0]), "one");
  EXPECT_EQ(message(lines()[1]), "two");
  EXPECT_EQ(message(lines()[2]), "three");
}

TEST_F(GuestLogTest, LeavesOutWhatIsBelowTheLevel) {
  AppGuestLog log("acme", "hello", *sink_, options());
  EXPECT_FALSE(log.enabled(LogLevel::debug));
  EXPECT_TRUE(log.enabled(LogLevel::info));
  EXPECT_FALSE(log.enabled(LogLevel::none));
  log.write(LogLevel::debug, "r", "no");
  log.write(LogLevel::none, "r", "no");
  EXPECT_TRUE(lines().empty());
}

TEST_F(GuestLogTest, CutsLongLinesAndSaysHowMuch) {
  AppGuestLog log("acme", "hello", *sink_, options());
  std::string text(10'000, 'a');
  text.append("\nnext");
  log.write(LogLevel::info, "r", text);
  ASSERT_EQ(lines().size(), 2u);
  text.resize(8192);
  EXPECT_EQ(message(lines()[0]), text.append("\xE2\x80\xA6"));
  EXPECT_THAT(lines()[0], HasSubstr("\"cut_bytes\":1808}"));
  EXPECT_EQ(message(lines()[1]), "next");
}

TEST_F(GuestLogTest, MakesHostileTextSafe) {
  AppGuestLog log("acme", "hello", *sink_, options());
  log.write(LogLevel::info, "id\"},\n{", std::string("\0\x1b[2J\xFF\"}", 8));
  ASSERT_EQ(lines().size(), 1u);
  EXPECT_THAT(lines()[0], HasSubstr("\"request_id\":\"id\\\"},\\n{\""));
  EXPECT_THAT(lines()[0], HasSubstr("\"message\":\"\\u0000\\u001b[2J\xEF\xBF\xBD\\\"}\""));
}

TEST_F(GuestLogTest, BoundsWhatAnAppWritesAndReportsWhatWasDropped) {
  AppGuestLog log("acme", "loud", *sink_, options());
  const std::string text(999, 'x');
  constexpr int kWrites = 1000;
  for (int i = 0; i < kWrites; ++i) log.write(LogLevel::info, "r", text);
  const std::size_t written = lines().size();
  EXPECT_LE(std::filesystem::file_size(folder_ / "log"), (256_KiB).bytes());
  EXPECT_GT(std::filesystem::file_size(folder_ / "log"), (250_KiB).bytes());
  EXPECT_EQ(log.droppedBytes(), (kWrites - written) * text.size());

  passed_ += milliseconds(100);
  log.write(LogLevel::info, "r", "x");
  EXPECT_EQ(lines().size(), written) << "too little room yet";

  passed_ += std::chrono::seconds(1);
  log.write(LogLevel::info, "r", "again");
  const auto all = lines();
  ASSERT_EQ(all.size(), written + 2);
  EXPECT_EQ(message(all[written]),
            "over the log's rate limit: " + std::to_string((kWrites - written) * text.size() + 1) +
                " bytes in " + std::to_string(kWrites - written + 1) + " writes were dropped");
  EXPECT_THAT(all[written], HasSubstr("\"level\":\"warn\""));
  EXPECT_EQ(message(all[written + 1]), "again");
}

TEST_F(GuestLogTest, ReportsDropsOfAGuestThatFellSilent) {
  AppGuestLog log("acme", "loud", *sink_, options());
  log.write(LogLevel::info, "r", std::string(100'000'000, '\n'));
  log.flush();
  ASSERT_EQ(lines().size(), 1u);
  EXPECT_THAT(lines()[0], HasSubstr("writes were dropped"));
  log.flush();
  EXPECT_EQ(lines().size(), 1u);
}

TEST_F(GuestLogTest, SustainsItsRateAndNoMore) {
  AppGuestLog log("acme", "loud", *sink_, options());
  for (int i = 0; i < 600; ++i) {
    passed_ += milliseconds(100);
    for (int n = 0; n < 20; ++n) log.write(LogLevel::info, "r", std::string(900, 'x'));
  }
  lines();
  const double size = static_cast<double>(std::filesystem::file_size(folder_ / "log"));
  EXPECT_LE(size, 256.0 * 1024 + 60 * 64 * 1024);
  EXPECT_GT(size, 0.9 * 60 * 64 * 1024);
}

/// Apps of one tenant, each with more to log than the tenant has.
class TenantsLogTest : public GuestLogTest {
 protected:
  TenantsLogTest() {
    Limits limits;
    limits.logBytesPerSecond = 1_KiB;
    tenant_ = std::make_shared<TenantQuota>("acme", limits);
  }
  GuestLogOptions optionsOf(const std::string& app) {
    Limits limits;
    limits.logBytesPerSecond = 64_KiB;
    quotas_[app] = std::make_shared<AppQuota>(tenant_, app, limits);
    GuestLogOptions made = options();
    made.quota = quotas_[app];
    return made;
  }

  std::shared_ptr<TenantQuota> tenant_;
  std::map<std::string, std::shared_ptr<AppQuota>> quotas_;
};

TEST_F(TenantsLogTest, CutsALineToWhatTheTenantCanPayFor) {
  AppGuestLog log("acme", "loud", *sink_, optionsOf("loud"));
  log.write(LogLevel::info, "r", std::string(4'000, '\x01'));
  ASSERT_EQ(lines().size(), 1u);
  EXPECT_THAT(lines()[0], HasSubstr("\"cut_bytes\":3488}"));
  EXPECT_LE(lines()[0].size(), 4'096u);
}

TEST_F(TenantsLogTest, SharesTheTenantsRateAmongItsApps) {
  AppGuestLog one("acme", "one", *sink_, optionsOf("one"));
  AppGuestLog two("acme", "two", *sink_, optionsOf("two"));
  constexpr int kSeconds = 100;
  std::size_t dropped = 0;
  for (int i = 0; i < 10 * kSeconds; ++i) {
    passed_ += milliseconds(100);
    for (AppGuestLog* log : {&one, &two}) log->write(LogLevel::info, "r", std::string(300, 'x'));
  }
  lines();
  const std::size_t size = std::filesystem::file_size(folder_ / "log");
  EXPECT_LE(size, 4'096u + 1'024u * kSeconds);
  EXPECT_GT(size, 900u * kSeconds);
  for (const auto& [app, quota] : quotas_) dropped += quota->droppedLogBytes;
  EXPECT_EQ(dropped, one.droppedBytes() + two.droppedBytes());
  std::size_t reports = 0;
  for (const std::string& line : lines()) {
    reports += line.find("over the log's rate limit") != std::string::npos ? 1 : 0;
  }
  EXPECT_LT(reports, lines().size() / 2) << "a report waits until more than itself fits";
  EXPECT_GT(dropped, 0u);
}

TEST_F(GuestLogTest, TakesLinesFromManyThreads) {
  GuestLogOptions unlimited = options();
  unlimited.burst = 64_MiB;
  AppGuestLog log("acme", "hello", *sink_, unlimited);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&log] {
      for (int n = 0; n < 1000; ++n) log.write(LogLevel::info, "r", "hello there");
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto all = lines();
  ASSERT_EQ(all.size(), 4000u);
  for (const std::string& line : all) ASSERT_EQ(message(line), "hello there");
}

}  // namespace
}  // namespace skiff
