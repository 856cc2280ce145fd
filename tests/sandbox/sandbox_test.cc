#include "sandbox/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/sandbox/in_child.h"
#include "tests/temporary_directory.h"

namespace skiff {
namespace {

std::uint64_t capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
  EXPECT_EQ(::syscall(SYS_capget, &header, sets), 0);
  std::uint64_t all = 0;
  for (const auto& set : sets) all |= set.effective | set.permitted | set.inheritable;
  return all;
}

/// `landlock`: its version, which whoever is confined cannot ask for.
void expectConfined(int landlock) {
  EXPECT_EQ(capabilities(), 0u);
  if (landlock != 0) {
    EXPECT_EQ(errorOf(::open("/etc/passwd", O_RDONLY)), EACCES);
  }
  EXPECT_EQ(errorOf(::socket(AF_UNIX, SOCK_STREAM, 0)), EPERM);
}

TEST(SandboxTest, HoldsThreadsThatThereWereAndThoseThatFollow) {
  const testing::TemporaryDirectory folder;
  folder.write("file", "content");
  const int landlock = PathRules::version();
  inChild([&] {
    std::atomic<bool> entered{false};
    std::thread before([&] {
      entered.wait(false);
      expectConfined(landlock);
    });
    const auto report = enterSandbox({{folder.path(), PathAccess::read}});
    ASSERT_TRUE(report.has_value()) << report.error().message;
    EXPECT_EQ(report->landlock, landlock);
    EXPECT_EQ(report->missing.size(), landlock == 0 ? 1u : 0u);
    entered = true;
    entered.notify_all();
    before.join();
    expectConfined(landlock);
    std::thread(expectConfined, landlock).join();
    EXPECT_EQ(errorOf(::open((folder.path() / "file").c_str(), O_RDONLY)), 0);
  });
}

}  // namespace
}  // namespace skiff
