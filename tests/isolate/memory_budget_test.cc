#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "isolate/files/memory_file_system.h"
#include "tests/isolate/counting_budget.h"
#include "tests/isolate/file_shell.h"

namespace skiff::wasi {
namespace {

constexpr std::size_t kPage = 4096;
constexpr int kDepth = 100'000;

class MemoryBudgetTest : public testing::Test {
 protected:
  std::string run(const std::string& command) { return shell_.run(command); }
  /// What a command takes of the budget; what it gives back is negative.
  std::ptrdiff_t costOf(const std::string& command, const std::string& answer) {
    const std::size_t before = budget_.taken();
    EXPECT_EQ(run(command), answer) << command;
    return static_cast<std::ptrdiff_t>(budget_.taken() - before);
  }

  CountingBudget budget_;
  FileShell shell_{MemoryFileSystem(budget_, [] { return 1; }).root()};
};

TEST_F(MemoryBudgetTest, AnEmptyFileSystemCostsNothing) {
  EXPECT_EQ(budget_.taken(), 0u);
}

TEST_F(MemoryBudgetTest, AHoleCostsNothing) {
  run("open 0 f 1 rwc");
  EXPECT_EQ(costOf("size 1 1099511627776", "ok"), 0);
  const auto page = costOf("pwrite 1 x 1099511627775", "1");
  EXPECT_GE(page, static_cast<std::ptrdiff_t>(kPage));
  EXPECT_LT(page, static_cast<std::ptrdiff_t>(kPage + kPage / 8));
  EXPECT_EQ(costOf("pwrite 1 yz 1099511627774", "2"), 0);
  EXPECT_EQ(costOf("pwrite 1 ab 4095", "2"), 2 * page);
  EXPECT_EQ(costOf("size 1 4096", "ok"), -2 * page);
  EXPECT_EQ(costOf("size 1 0", "ok"), -page);
}

TEST_F(MemoryBudgetTest, WhatIsRemovedIsGivenBack) {
  for (const char* const pair : {"mkdir 0 a|rmdir 0 a", "symlink target 0 a|unlink 0 a",
                                 "open 0 a 1 wc|unlink 0 a", "link 0 f 0 g|unlink 0 g"}) {
    const std::string both = pair;
    const std::size_t middle = both.find('|');
    run("open 0 f 2 wc");
    const std::size_t before = budget_.taken();
    run(both.substr(0, middle));
    EXPECT_GT(budget_.taken(), before) << pair;
    run(both.substr(middle + 1));
    run("close 1");
    EXPECT_EQ(budget_.taken(), before) << pair;
  }
}

TEST_F(MemoryBudgetTest, LongNamesAndTargetsCostMore) {
  const std::string longName(255, 'n');
  EXPECT_GE(costOf("mkdir 0 " + longName, "ok"), costOf("mkdir 0 a", "ok") + 240);
  EXPECT_GE(costOf("symlink " + std::string(4000, 't') + " 0 l", "ok"),
            costOf("symlink t 0 m", "ok") + 3990);
}

TEST_F(MemoryBudgetTest, AnUnlinkedFileIsGivenBackWhenItIsClosed) {
  run("open 0 f 1 rwc");
  run("write 1 hello");
  run("unlink 0 f");
  EXPECT_GE(budget_.taken(), kPage);
  run("close 1");
  EXPECT_EQ(budget_.taken(), 0u);
}

TEST_F(MemoryBudgetTest, AReplacedFileIsGivenBack) {
  run("open 0 f 1 wc");
  run("open 0 g 2 wc");
  run("write 2 hello");
  run("close 2");
  EXPECT_LE(costOf("rename 0 f 0 g", "ok"), -static_cast<std::ptrdiff_t>(kPage));
}

TEST_F(MemoryBudgetTest, FilesKeepTheFileSystemAlive) {
  run("mkdir 0 a");
  run("open 0 a/f 1 rwc");
  run("write 1 hello");
  run("close 0");
  EXPECT_EQ(run("pread 1 9 0"), "'hello'");
  EXPECT_GT(budget_.taken(), kPage);
  run("close 1");
  EXPECT_EQ(budget_.taken(), 0u);
}

TEST_F(MemoryBudgetTest, WhenItIsSpentNothingIsMade) {
  run("open 0 f 1 rwc");
  budget_.setLimit(budget_.taken());
  for (const char* const command :
       {"mkdir 0 a", "open 0 a 2 wc", "symlink t 0 a", "link 0 f 0 a", "write 1 x",
        "allocate 1 0 1", "rename 0 f 0 ffffffffffffffff"}) {
    EXPECT_EQ(costOf(command, "nospc"), 0) << command;
  }
  EXPECT_EQ(run("ls 0"), ". .. f");
  EXPECT_EQ(run("stat 0 f"), "file size 0 links 1");
  EXPECT_EQ(run("stat 0 ."), "directory links 2");
  EXPECT_EQ(run("rename 0 f 0 g"), "ok");
}

TEST_F(MemoryBudgetTest, AWriteThatHasRoomForAPartIsShort) {
  run("open 0 f 1 rwc");
  budget_.setLimit(budget_.taken() + 2 * kPage + kPage / 2);
  EXPECT_EQ(run("write 1 " + std::string(3 * kPage, 'x')), std::to_string(2 * kPage));
  EXPECT_EQ(run("write 1 x"), "nospc");
  EXPECT_EQ(run("fstat 1"), "file size " + std::to_string(2 * kPage) + " links 1");
}

TEST_F(MemoryBudgetTest, AllocatingTakesAllOrNothing) {
  run("open 0 f 1 rwc");
  run("pwrite 1 x 5000");
  const std::size_t limit = budget_.taken() + 3 * (kPage + kPage / 8);
  budget_.setLimit(limit);
  EXPECT_EQ(costOf("allocate 1 0 20480", "nospc"), 0);
  EXPECT_EQ(costOf("allocate 1 0 9223372036854775807", "nospc"), 0);
  EXPECT_EQ(run("fstat 1"), "file size 5001 links 1");
  EXPECT_EQ(run("allocate 1 0 16384"), "ok");
  budget_.setLimit(budget_.taken());
  EXPECT_EQ(run("pwrite 1 " + std::string(16384, 'y') + " 0"), "16384");
}

TEST_F(MemoryBudgetTest, DepthIsBoundedByTheBudgetAlone) {
  FileShell shell(MemoryFileSystem(budget_, [] { return 1; }).root());
  ASSERT_EQ(shell.run("open 0 . 1 d"), "directory");
  for (int depth = 0; depth < kDepth; ++depth) {
    ASSERT_EQ(shell.run("mkdir 1 a"), "ok");
    ASSERT_EQ(shell.run("open 1 a 1 d"), "directory");
  }
  // The deepest does not take the root's first directory in.
  EXPECT_EQ(shell.run("rename 0 a 1 b"), "inval");
  EXPECT_EQ(shell.run("mkdir 0 b"), "ok");
  EXPECT_EQ(shell.run("rename 0 b 1 b"), "ok");
  EXPECT_EQ(shell.run("stat 1 b"), "directory links 2");
  shell.run("close 0");
  EXPECT_GT(budget_.taken(), kDepth * sizeof(void*));
  shell.run("close 1");
  EXPECT_EQ(budget_.taken(), 0u);
}

}  // namespace
}  // namespace skiff::wasi
