#include "server/observe/fault_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "isolate/wasm/symbols.h"

namespace skiff {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::SizeIs;

class FaultLogTest : public testing::Test {
 protected:
  class Entries final : public GuestLog {
   public:
    void write(LogLevel, std::string_view, std::string_view) override { ADD_FAILURE(); }
    void writeEntry(LogLevel level, std::string_view requestId, std::string_view text) override {
      EXPECT_EQ(level, LogLevel::error);
      entries.push_back(std::string(requestId) + "|" + std::string(text));
    }
    bool enabled(LogLevel) const override { return true; }
    std::vector<std::string> entries;
  };

  void fail(std::string_view requestId, std::string_view message,
            std::vector<std::uint32_t> stack = {}) {
    faults_.write(requestId, {Reason::guestTrap, message, stack}, symbols_);
  }
  const std::vector<std::string>& entries() const { return log_.entries; }

  Entries log_;
  milliseconds now_{1'000'000};
  wasm::Symbols symbols_;
  FaultLog faults_{log_, [this] { return FaultLog::Clock::time_point(now_); }};
};

TEST_F(FaultLogTest, WritesReasonAndMessageUnderTheRequest) {
  fail("r1", "unreachable");
  EXPECT_THAT(entries(), ElementsAre("r1|guest_trap: unreachable"));
}

TEST_F(FaultLogTest, WritesTheSameFaultOnceASecondAndCountsTheRest) {
  for (int i = 0; i < 100; ++i) fail("r", "unreachable");
  faults_.flush();
  EXPECT_THAT(entries(), SizeIs(1));
  now_ += milliseconds(1'000);
  fail("s", "unreachable");
  EXPECT_THAT(entries(),
              ElementsAre("r|guest_trap: unreachable", "|guest_trap: unreachable (99 times more)",
                          "s|guest_trap: unreachable"));
}

TEST_F(FaultLogTest, TellsTheRestEvenIfNoneFollows) {
  fail("r", "unreachable");
  fail("r", "unreachable");
  now_ += milliseconds(1'000);
  faults_.flush();
  faults_.flush();
  EXPECT_THAT(entries(),
              ElementsAre("r|guest_trap: unreachable", "|guest_trap: unreachable (once more)"));
}

TEST_F(FaultLogTest, TellsFaultsApartByReasonMessageAndStack) {
  fail("1", "unreachable");
  fail("2", "divide by zero");
  fail("3", "unreachable", {7});
  fail("4", "unreachable", {8});
  faults_.write("5", {Reason::guestExit, "unreachable", {}}, symbols_);
  EXPECT_THAT(entries(), SizeIs(5));
}

TEST_F(FaultLogTest, WritesOnlySoManyDifferentFaultsASecond) {
  for (std::uint32_t i = 0; i < 1'000; ++i) fail("r", "message " + std::to_string(i));
  EXPECT_THAT(entries(), SizeIs(FaultLog::kFaults));
  faults_.flush();
  EXPECT_EQ(entries().back(), "|requests failed in further ways, 984 times");
  now_ += milliseconds(1'000);
  fail("r", "message 999");
  EXPECT_EQ(entries().back(), "r|guest_trap: message 999");
}

TEST_F(FaultLogTest, KeepsAMessageOnOneLineAndCutsALongOne) {
  fail("r", "first\n    at nowhere");
  EXPECT_EQ(entries()[0], "r|guest_trap: first     at nowhere");
  fail("r", std::string(100'000, 'x'));
  EXPECT_LT(entries()[1].size(), 1'100u);
}

}  // namespace
}  // namespace skiff
