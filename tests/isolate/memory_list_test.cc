#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "isolate/files/memory_file_system.h"
#include "tests/isolate/counting_budget.h"
#include "tests/isolate/file_shell.h"

namespace skiff::wasi {
namespace {

struct Listed {
  std::string name;
  std::uint64_t next;
  std::uint64_t inode;
  FileType type;
};

class MemoryListTest : public testing::Test {
 protected:
  std::vector<Listed> list(std::uint64_t cookie, std::size_t limit = SIZE_MAX) {
    std::vector<Listed> listed;
    EXPECT_EQ(
        root_->list(
            cookie,
            [&](const DirectoryEntry& entry) {
              if (listed.size() == limit) return false;
              listed.push_back({std::string(entry.name), entry.next, entry.inode, entry.type});
              return true;
            }),
        Errno::success);
    return listed;
  }
  std::vector<std::string> names(std::uint64_t cookie) {
    std::vector<std::string> names;
    for (const Listed& entry : list(cookie)) names.push_back(entry.name);
    return names;
  }

  using Names = std::vector<std::string>;
  CountingBudget budget_;
  std::shared_ptr<File> root_ = MemoryFileSystem(budget_, [] { return 1; }).root();
  FileShell shell_{root_};
};

TEST_F(MemoryListTest, TellsWhatStatTells) {
  shell_.run("mkdir 0 a");
  shell_.run("open 0 f 1 wc");
  shell_.run("symlink f 0 l");
  const auto listed = list(0);
  ASSERT_EQ(listed.size(), 5u);
  std::set<std::uint64_t> inodes;
  for (const Listed& entry : listed) {
    if (entry.name == "..") continue;  // outside, but for the root it is the root
    const auto stat = root_->statAt(entry.name, Follow::no, Patience::cached);
    ASSERT_TRUE(stat) << entry.name;
    EXPECT_EQ(entry.inode, stat->inode) << entry.name;
    EXPECT_EQ(entry.type, stat->type) << entry.name;
    inodes.insert(entry.inode);
  }
  EXPECT_EQ(inodes.size(), 4u);
  EXPECT_EQ(*inodes.begin(), 1u);
  EXPECT_EQ(listed[1].inode, listed[0].inode);
}

TEST_F(MemoryListTest, DotDotIsTheDirectoryAbove) {
  shell_.run("mkdir 0 a");
  const auto inner = *root_->open("a", {}, Patience::cached);
  std::vector<std::uint64_t> inodes;
  inner->list(0, [&inodes](const DirectoryEntry& entry) {
    inodes.push_back(entry.inode);
    return true;
  });
  ASSERT_EQ(inodes.size(), 2u);
  EXPECT_EQ(inodes[0], inner->stat(Patience::cached)->inode);
  EXPECT_EQ(inodes[1], root_->stat(Patience::cached)->inode);
}

TEST_F(MemoryListTest, GoesOnBehindAnyEntry) {
  for (const char* const name : {"c", "a", "b"}) shell_.run(std::string("mkdir 0 ") + name);
  const auto all = list(0);
  ASSERT_EQ(all.size(), 5u);
  for (std::size_t index = 0; index < all.size(); ++index) {
    const auto rest = list(all[index].next);
    ASSERT_EQ(rest.size(), all.size() - index - 1);
    if (!rest.empty()) {
      EXPECT_EQ(rest.front().name, all[index + 1].name);
    }
  }
  EXPECT_EQ(list(0, 2).size(), 2u);
  EXPECT_EQ(names(std::numeric_limits<std::uint64_t>::max()), Names{});
}

TEST_F(MemoryListTest, CookiesStayWhileEntriesComeAndGo) {
  for (const char* const name : {"a", "b", "c", "d"}) shell_.run(std::string("mkdir 0 ") + name);
  const auto all = list(0);
  const std::uint64_t behindB = all[3].next;
  shell_.run("rmdir 0 b");  // the very entry that the cookie came with
  shell_.run("rmdir 0 a");
  shell_.run("mkdir 0 a");
  EXPECT_EQ(names(behindB), (Names{"c", "d", "a"}));
  shell_.run("rename 0 c 0 e");
  shell_.run("rename 0 d 0 a");
  EXPECT_EQ(names(behindB), (Names{"a", "e"}));
}

TEST_F(MemoryListTest, RemovingWhileListingMissesNothing) {
  constexpr int kCount = 1'000;
  for (int number = 0; number < kCount; ++number) {
    shell_.run("mkdir 0 d" + std::to_string(number));
  }
  int removed = 0;
  std::uint64_t cookie = 2;
  for (auto some = list(cookie, 7); !some.empty(); some = list(cookie, 7)) {
    for (const Listed& entry : some) {
      EXPECT_EQ(shell_.run("rmdir 0 " + entry.name), "ok");
      cookie = entry.next;
      ++removed;
    }
  }
  EXPECT_EQ(removed, kCount);
}

TEST_F(MemoryListTest, AnotherFileSystemIsAnotherDevice) {
  const auto other = MemoryFileSystem(budget_, [] { return 1; }).root();
  shell_.run("open 0 f 1 wc");
  EXPECT_EQ(root_->rename("f", *other, "g"), Errno::xdev);
  EXPECT_EQ(root_->link("f", *other, "g"), Errno::xdev);
  EXPECT_EQ(root_->rename("f", *root_, "g"), Errno::success);
}

}  // namespace
}  // namespace skiff::wasi
