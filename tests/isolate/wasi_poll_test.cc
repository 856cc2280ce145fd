#include "isolate/abi/cgi_abi.h"
#include "tests/isolate/wasi_guest.h"

namespace skiff::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using wasi::Errno;

constexpr std::uint32_t kIn = 1'024;
constexpr std::uint32_t kOut = 2'048;

struct Event {
  std::uint64_t userdata;
  Errno error;
  std::uint8_t type;
  std::uint64_t available;
  std::uint16_t flags;
};

class WasiPoll : public ::testing::Test {
 protected:
  WasiPoll() { guest_.request = std::make_unique<FakeExchange>(); }

  void connectCgi() { cgiAbi().begin(guest_.context()); }
  FakeExchange& exchange() { return *guest_.request; }

  void subscribeClock(std::uint64_t userdata, std::uint32_t clock, std::uint64_t timeout,
                      std::uint16_t flags = 0) {
    std::string bytes(48, '\0');
    std::memcpy(&bytes[0], &userdata, 8);
    std::memcpy(&bytes[16], &clock, 4);
    std::memcpy(&bytes[24], &timeout, 8);
    std::memcpy(&bytes[40], &flags, 2);
    guest_.memory.put(kIn + count_++ * 48, bytes);
  }
  void subscribe(std::uint64_t userdata, std::uint8_t type, std::uint32_t descriptor) {
    std::string bytes(48, '\0');
    std::memcpy(&bytes[0], &userdata, 8);
    std::memcpy(&bytes[8], &type, 1);
    std::memcpy(&bytes[16], &descriptor, 4);
    guest_.memory.put(kIn + count_++ * 48, bytes);
  }
  /// The events, or nothing if the call waits.
  std::optional<std::vector<Event>> poll() {
    const HostResult called = guest_.call("poll_oneoff", {kIn, kOut, count_, 64});
    if (called.kind() == HostResult::Kind::wait) return std::nullopt;
    EXPECT_EQ(static_cast<Errno>(called.get()), Errno::success);
    std::vector<Event> events;
    for (std::uint32_t i = 0; i < guest_.result(); ++i) {
      const std::uint32_t at = kOut + i * 32;
      events.push_back({guest_.at<std::uint64_t>(at), guest_.at<Errno>(at + 8),
                        guest_.at<std::uint8_t>(at + 10), guest_.at<std::uint64_t>(at + 16),
                        guest_.at<std::uint16_t>(at + 24)});
    }
    return events;
  }

  WasiGuest guest_;
  std::uint32_t count_ = 0;
};

TEST_F(WasiPoll, of_nothing_or_too_much_is_invalid) {
  EXPECT_EQ(guest_.errorOf("poll_oneoff", {kIn, kOut, 0, 64}), Errno::inval);
  EXPECT_EQ(guest_.errorOf("poll_oneoff", {kIn, kOut, 1'025, 64}), Errno::inval);
  EXPECT_EQ(guest_.errorOf("poll_oneoff", {guest_.memory.size() - 47, kOut, 1, 64}), Errno::fault);
  EXPECT_EQ(guest_.errorOf("poll_oneoff", {kIn, guest_.memory.size() - 31, 1, 64}), Errno::fault);
}

TEST_F(WasiPoll, sleeps_until_the_time_has_passed_however_often_it_is_woken) {
  subscribeClock(42, wasi::kMonotonicClock, 200'000'000);
  const auto before = steady_clock::now();
  ASSERT_FALSE(poll());
  EXPECT_EQ(exchange().waits(), kWaitTime);
  EXPECT_GE(exchange().waitsUntil(), before + milliseconds(200));
  EXPECT_LE(exchange().waitsUntil(), steady_clock::now() + milliseconds(200));

  guest_.environment.monotonic += milliseconds(150);
  ASSERT_FALSE(poll());
  EXPECT_LE(exchange().waitsUntil(), steady_clock::now() + milliseconds(50));

  guest_.environment.monotonic += milliseconds(50);
  const auto events = poll();
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 1u);
  EXPECT_EQ(events->front().userdata, 42u);
  EXPECT_EQ(events->front().error, Errno::success);
  EXPECT_EQ(events->front().type, wasi::kClockEvent);
}

TEST_F(WasiPoll, starts_anew_with_each_call) {
  subscribeClock(1, wasi::kMonotonicClock, 100);
  ASSERT_FALSE(poll());
  guest_.environment.monotonic += std::chrono::nanoseconds(100);
  ASSERT_TRUE(poll());
  EXPECT_FALSE(poll());
}

TEST_F(WasiPoll, knows_absolute_times_of_both_clocks) {
  const auto real = static_cast<std::uint64_t>(guest_.environment.real.count());
  subscribeClock(1, wasi::kRealtimeClock, real + 1'000, wasi::kAbsoluteTime);
  ASSERT_FALSE(poll());
  subscribeClock(2, wasi::kMonotonicClock, 5, wasi::kAbsoluteTime);  // long past
  const auto events = poll();
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 1u);
  EXPECT_EQ(events->front().userdata, 2u);
}

TEST_F(WasiPoll, does_not_overflow_with_the_longest_timeout) {
  subscribeClock(1, wasi::kMonotonicClock, UINT64_MAX);
  ASSERT_FALSE(poll());
  EXPECT_GT(exchange().waitsUntil(), steady_clock::now() + std::chrono::minutes(59));
  EXPECT_LT(exchange().waitsUntil(), steady_clock::now() + std::chrono::minutes(61));
}

TEST_F(WasiPoll, answers_errors_event_by_event) {
  subscribeClock(1, 2, 0);
  subscribe(2, wasi::kReadEvent, 99);
  subscribe(3, wasi::kReadEvent, 1);
  subscribe(4, 7, 1);
  const auto events = poll();
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 4u);
  EXPECT_EQ(events->at(0).error, Errno::inval);
  EXPECT_EQ(events->at(1).error, Errno::badf);
  EXPECT_EQ(events->at(2).error, Errno::notcapable);
  EXPECT_EQ(events->at(3).error, Errno::inval);
}

TEST_F(WasiPoll, finds_streams_without_a_connection_ready) {
  subscribe(1, wasi::kReadEvent, 0);
  subscribe(2, wasi::kWriteEvent, 1);
  subscribe(3, wasi::kWriteEvent, 2);
  const auto events = poll();
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 3u);
  EXPECT_EQ(events->at(0).flags, wasi::kHangup);
  EXPECT_EQ(events->at(1).flags, 0);
}

TEST_F(WasiPoll, waits_for_the_request_body_and_loses_none_of_it) {
  exchange().expectBody();
  connectCgi();
  subscribe(1, wasi::kReadEvent, 0);
  subscribeClock(2, wasi::kMonotonicClock, 1'000);
  ASSERT_FALSE(poll());
  EXPECT_EQ(exchange().waits(), kWaitRequestBody | kWaitTime);

  exchange().arrive("body");
  auto events = poll();
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 1u);
  EXPECT_EQ(events->front().userdata, 1u);
  EXPECT_EQ(events->front().available, 4u);
  EXPECT_EQ(guest_.read(0, 3), "bod");
  EXPECT_EQ(guest_.read(0, 3), "y");

  exchange().endBody();
  events = poll();
  ASSERT_TRUE(events);
  EXPECT_EQ(events->front().flags, wasi::kHangup);
  EXPECT_EQ(guest_.read(0, 3), "");
}

TEST_F(WasiPoll, waits_for_room_only_after_a_write_found_none) {
  connectCgi();
  exchange().limitResponseBuffer(4);
  subscribe(1, wasi::kWriteEvent, 1);
  ASSERT_TRUE(poll());
  ASSERT_EQ(guest_.errorOf("fd_fdstat_set_flags", {1, wasi::kNonblock}), Errno::success);
  guest_.write(1, "Status: 200\n\nabcdef");
  EXPECT_EQ(guest_.result(), 17u);
  EXPECT_EQ(static_cast<Errno>(guest_.write(1, "ef").get()), Errno::again);
  ASSERT_FALSE(poll());
  EXPECT_EQ(exchange().waits(), kWaitResponseRoom);
  exchange().drainResponse(4);
  ASSERT_TRUE(poll());
  EXPECT_EQ(static_cast<Errno>(guest_.write(1, "ef").get()), Errno::success);
  EXPECT_EQ(exchange().body(), "abcdef");
}

TEST(WasiPollFile, is_ready_and_says_how_much_is_left) {
  TemporaryDirectory directory;
  directory.write("file", "12345");
  WasiGuest guest;
  guest.grant(directory.path(), "/", true);
  ASSERT_EQ(guest.open("file", {.rights = wasi::kFdRead | wasi::kPollFdReadwrite}), Errno::success);
  const std::uint32_t file = guest.result();
  guest.read(file, 2);
  std::string bytes(48, '\0');
  bytes[8] = wasi::kReadEvent;
  bytes[16] = static_cast<char>(file);
  guest.memory.put(kIn, bytes);
  ASSERT_EQ(guest.errorOf("poll_oneoff", {kIn, kOut, 1, 64}), Errno::success);
  EXPECT_EQ(guest.at<std::uint64_t>(kOut + 16), 3u);
}

TEST(WasiPollInitialising, cannot_sleep_because_nobody_would_wake_it) {
  WasiGuest guest;
  std::string bytes(48, '\0');
  bytes[16] = 1;
  bytes[24] = 100;
  guest.memory.put(kIn, bytes);
  ASSERT_EQ(guest.errorOf("poll_oneoff", {kIn, kOut, 1, 64}), Errno::success);
  EXPECT_EQ(guest.at<Errno>(kOut + 8), Errno::notsup);
}

}  // namespace
}  // namespace skiff::testing
