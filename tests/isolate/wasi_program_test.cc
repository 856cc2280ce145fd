#include "isolate/abi/env.h"
#include "tests/isolate/wasi_guest.h"

namespace skiff::testing {
namespace {

using wasi::Errno;

/// The strings that a `*_sizes_get` and `*_get` pair of functions gives.
std::vector<std::string> strings(WasiGuest& guest, const std::string& what) {
  EXPECT_EQ(guest.errorOf(what + "_sizes_get", {64, 68}), Errno::success);
  const auto count = guest.at<std::uint32_t>(64);
  const auto size = guest.at<std::uint32_t>(68);
  EXPECT_EQ(guest.errorOf(what + "_get", {1024, 2048}), Errno::success);
  std::vector<std::string> found;
  std::size_t bytes = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    found.emplace_back(guest.memory.text(guest.at<std::uint32_t>(1024 + i * 4), 256).c_str());
    bytes += found.back().size() + 1;
  }
  EXPECT_EQ(bytes, size);
  return found;
}

TEST(WasiArguments, are_those_of_the_settings) {
  WasiGuest guest;
  guest.settings.arguments = {"hello", "", "--loud"};
  EXPECT_EQ(strings(guest, "args"), (std::vector<std::string>{"hello", "", "--loud"}));
}

TEST(WasiEnvironment, is_what_the_app_was_granted) {
  WasiGuest guest;
  guest.settings.environment = {{"GREETING", "hi"}, {"EMPTY", ""}};
  EXPECT_EQ(strings(guest, "environ"), (std::vector<std::string>{"GREETING=hi", "EMPTY="}));
}

TEST(WasiArguments, outside_memory_are_a_fault) {
  WasiGuest guest;
  guest.settings.arguments = {"hello"};
  const auto end = static_cast<std::uint32_t>(guest.memory.size());
  EXPECT_EQ(guest.errorOf("args_sizes_get", {end - 3, 0}), Errno::fault);
  EXPECT_EQ(guest.errorOf("args_get", {end - 3, 0}), Errno::fault);
  EXPECT_EQ(guest.errorOf("args_get", {0, end - 5}), Errno::fault);
  EXPECT_EQ(guest.errorOf("args_get", {0, end - 6}), Errno::success);
}

TEST(WasiClock, tells_both_clocks_in_nanoseconds) {
  WasiGuest guest;
  ASSERT_EQ(guest.errorOf("clock_time_get", {0, 0, 64}), Errno::success);
  EXPECT_EQ(guest.at<std::uint64_t>(64), 1'700'000'000'000'000'000u);
  ASSERT_EQ(guest.errorOf("clock_time_get", {1, 0, 64}), Errno::success);
  EXPECT_EQ(guest.at<std::uint64_t>(64), 1'000'000'000u);
  ASSERT_EQ(guest.errorOf("clock_res_get", {1, 64}), Errno::success);
  EXPECT_EQ(guest.at<std::uint64_t>(64), 1u);
}

TEST(WasiClock, does_not_have_clocks_that_were_not_granted) {
  WasiGuest guest;
  for (const std::uint64_t clock : {2u, 3u, 4u, UINT32_MAX}) {
    EXPECT_EQ(guest.errorOf("clock_time_get", {clock, 0, 64}), Errno::inval) << clock;
    EXPECT_EQ(guest.errorOf("clock_res_get", {clock, 64}), Errno::inval) << clock;
  }
}

TEST(WasiRandom, fills_the_buffer_and_is_noted) {
  WasiGuest guest;
  EXPECT_TRUE(guest.context().entropy().empty());
  ASSERT_EQ(guest.errorOf("random_get", {64, 3}), Errno::success);
  EXPECT_EQ(guest.memory.text(64, 4), std::string("\1\2\3\0", 4));
  EXPECT_EQ(guest.context().entropy(), "randomness");
}

TEST(WasiRandom, is_bounded) {
  WasiGuest guest;
  EXPECT_EQ(guest.errorOf("random_get", {64, (1 << 20) + 1}), Errno::inval);
  EXPECT_EQ(guest.errorOf("random_get", {guest.memory.size() - 4, 5}), Errno::fault);
}

TEST(SystemEnvironment, gives_random_bytes_and_clocks_that_run) {
  HostEnvironment& environment = systemEnvironment();
  std::vector<std::byte> bytes(1'000);
  environment.randomBytes(bytes);
  // 700 or more of 1,000 random bytes are not zero, but for one time in 10^700.
  EXPECT_GT(std::count_if(bytes.begin(), bytes.end(), [](std::byte b) { return b != std::byte{}; }),
            700);
  EXPECT_GT(environment.realTime(), std::chrono::hours(24 * 365 * 50));
  const auto before = environment.monotonicTime();
  EXPECT_GE(environment.monotonicTime(), before);
}

TEST(WasiExit, ends_the_guest_with_its_code) {
  WasiGuest guest;
  EXPECT_EQ(guest.call("proc_exit", {7}).kind(), HostResult::Kind::stop);
  ASSERT_TRUE(guest.context().ending());
  EXPECT_EQ(guest.context().ending()->kind, HostContext::Ending::Kind::exit);
  EXPECT_EQ(guest.context().ending()->exitCode, 7);
}

TEST(WasiRaise, of_a_deadly_signal_is_a_trap_that_names_it) {
  WasiGuest guest;
  EXPECT_EQ(guest.call("proc_raise", {6}).kind(), HostResult::Kind::stop);
  ASSERT_TRUE(guest.context().ending());
  EXPECT_EQ(guest.context().ending()->kind, HostContext::Ending::Kind::trap);
  EXPECT_EQ(guest.context().ending()->message, "the program raised the signal 'abrt'");
}

TEST(WasiRaise, of_other_signals_goes_on) {
  WasiGuest guest;
  EXPECT_EQ(guest.errorOf("proc_raise", {0}), Errno::success);
  EXPECT_EQ(guest.errorOf("proc_raise", {16}), Errno::success);
  EXPECT_EQ(guest.errorOf("proc_raise", {18}), Errno::notsup);
  EXPECT_EQ(guest.errorOf("proc_raise", {31}), Errno::inval);
  EXPECT_FALSE(guest.context().ending());
}

TEST(WasiYield, returns_at_once) {
  WasiGuest guest;
  EXPECT_EQ(guest.errorOf("sched_yield", {}), Errno::success);
}

TEST(WasiSockets, do_not_exist) {
  WasiGuest guest;
  EXPECT_EQ(guest.errorOf("sock_shutdown", {1, 3}), Errno::notsock);
  EXPECT_EQ(guest.errorOf("sock_shutdown", {9, 3}), Errno::badf);
  EXPECT_EQ(guest.errorOf("sock_accept", {1, 0, 64}), Errno::notsock);
  EXPECT_EQ(guest.errorOf("sock_recv", {1, 0, 0, 0, 64, 68}), Errno::notsock);
  EXPECT_EQ(guest.errorOf("sock_send", {1, 0, 0, 0, 64}), Errno::notsock);
}

class EnvAbort : public ::testing::Test {
 protected:
  /// Puts an AssemblyScript string into memory; its address.
  std::uint32_t put(std::u16string_view text) {
    const auto bytes = static_cast<std::uint32_t>(text.size() * 2);
    std::string image(reinterpret_cast<const char*>(&bytes), sizeof bytes);
    image.append(reinterpret_cast<const char*>(text.data()), bytes);
    return guest_.put(image) + 4;
  }
  std::string abort(std::uint32_t message, std::uint32_t file) {
    const std::uint32_t slots[] = {message, file, 12, 5};
    const HostResult called = envModule().functions.front().call(guest_.context(), slots);
    EXPECT_EQ(called.kind(), HostResult::Kind::stop);
    return guest_.context().ending()->message;
  }

  WasiGuest guest_;
};

TEST_F(EnvAbort, traps_with_the_message_and_its_place) {
  EXPECT_EQ(abort(put(u"index out of range"), put(u"~lib/array.ts")),
            "the program aborted: index out of range (~lib/array.ts:12:5)");
}

TEST_F(EnvAbort, traps_without_texts) {
  EXPECT_EQ(abort(0, 0), "the program aborted");
}

TEST_F(EnvAbort, gives_utf8_for_all_of_unicode) {
  EXPECT_EQ(abort(put(u"\u00e9\u20ac\U0001f6f6"), 0),
            "the program aborted: \u00e9\u20ac\U0001f6f6");
}

TEST_F(EnvAbort, replaces_lone_surrogates) {
  const char16_t lone[] = {0xd800, u'x', 0xdc00};
  EXPECT_EQ(abort(put({lone, 3}), 0), "the program aborted: \ufffdx\ufffd");
}

TEST_F(EnvAbort, survives_pointers_and_lengths_outside_memory) {
  const auto end = static_cast<std::uint32_t>(guest_.memory.size());
  EXPECT_EQ(abort(UINT32_MAX, 3), "the program aborted");
  guest_.memory.put(end - 8, std::string("\xff\xff\xff\xff"
                                         "a\0b\0",
                                         8));
  EXPECT_EQ(abort(end - 4, end + 4), "the program aborted");  // the first ending stays
}

TEST_F(EnvAbort, cuts_a_text_at_the_end_of_memory) {
  const auto end = static_cast<std::uint32_t>(guest_.memory.size());
  guest_.memory.put(end - 8, std::string("\xff\xff\xff\xff"
                                         "a\0b\0",
                                         8));
  EXPECT_EQ(abort(end - 4, end), "the program aborted: ab");
}

TEST_F(EnvAbort, cuts_a_long_text) {
  EXPECT_EQ(abort(put(std::u16string(5'000, u'x')), 0),
            "the program aborted: " + std::string(1'024, 'x'));
}

}  // namespace
}  // namespace skiff::testing
