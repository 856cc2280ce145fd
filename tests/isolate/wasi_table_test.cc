#include <set>

#include "tests/isolate/wasi_guest.h"

namespace skiff::testing {
namespace {

TEST(WasiModule, defines_all_46_functions_of_preview_1_once) {
  std::set<std::string_view> names;
  for (const HostFunction& function : wasiModule().functions) names.insert(function.name);
  EXPECT_EQ(wasiModule().name, "wasi_snapshot_preview1");
  EXPECT_EQ(wasiModule().functions.size(), 46u);
  EXPECT_EQ(names.size(), 46u);
}

TEST(WasiModule, takes_parameters_that_fit_the_slots) {
  for (const HostFunction& function : wasiModule().functions) {
    std::size_t slots = 0;
    for (const char letter : function.parameters) {
      ASSERT_TRUE(letter == 'i' || letter == 'I') << function.name;
      slots += letter == 'I' ? 2 : 1;
    }
    EXPECT_LE(slots, HostFunction::kMaxSlots) << function.name;
    EXPECT_EQ(function.result, function.name == "proc_exit" ? 0 : 'i') << function.name;
  }
}

TEST(WasiModule, never_waits_in_what_memory_can_answer) {
  std::set<std::string_view> quick;
  for (const HostFunction& function : wasiModule().functions) {
    if (!function.mayWait) quick.insert(function.name);
  }
  EXPECT_EQ(quick, (std::set<std::string_view>{"args_get",
                                               "args_sizes_get",
                                               "environ_get",
                                               "environ_sizes_get",
                                               "clock_res_get",
                                               "clock_time_get",
                                               "fd_advise",
                                               "fd_close",
                                               "fd_fdstat_get",
                                               "fd_fdstat_set_flags",
                                               "fd_fdstat_set_rights",
                                               "fd_prestat_get",
                                               "fd_prestat_dir_name",
                                               "fd_renumber",
                                               "fd_seek",
                                               "fd_tell",
                                               "proc_exit",
                                               "proc_raise",
                                               "sched_yield",
                                               "random_get",
                                               "sock_accept",
                                               "sock_recv",
                                               "sock_send",
                                               "sock_shutdown"}));
}

/// Each function with hostile arguments, in a program that has descriptors of all kinds.
TEST(WasiModule, survives_any_arguments) {
  constexpr std::uint32_t kValues[] = {0,    1,          3,          4,          5,
                                       4096, 0x7fffffff, 0x80000000, 0xfffffff8, UINT32_MAX};
  for (const HostFunction& function : wasiModule().functions) {
    for (const std::uint32_t first : kValues) {
      TemporaryDirectory directory;
      directory.write("file", "content");
      WasiGuest guest;
      guest.request = std::make_unique<FakeExchange>();
      guest.grant(directory.path(), "/", true);
      ASSERT_EQ(guest.open("file", {.rights = wasi::kFileRights}), wasi::Errno::success);
      for (const std::uint32_t rest : kValues) {
        for (const std::uint32_t last : kValues) {
          std::array<std::uint32_t, HostFunction::kMaxSlots> slots;
          slots.fill(rest);
          slots[0] = first;
          slots[3] = last;
          const HostResult called = function.call(guest.context(), slots.data());
          if (called.kind() != HostResult::Kind::value) continue;
          EXPECT_GE(called.get(), 0) << function.name;
          EXPECT_LE(called.get(), 76) << function.name;
        }
      }
    }
  }
}

}  // namespace
}  // namespace skiff::testing
