#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "isolate/files/memory_file_system.h"
#include "tests/isolate/counting_budget.h"
#include "tests/isolate/file_shell.h"

namespace skiff::wasi {
namespace {

/// Which of a node's three times a command moves.
struct TimesCase {
  std::string name;
  std::string command;
  std::string path;      ///< whose times
  std::string expected;  ///< those that moved: letters of "amc"
};

std::ostream& operator<<(std::ostream& stream, const TimesCase& test) {
  return stream << test.name;
}

// In the root are a directory with a file, a file that is open as 1, and a link.
const std::vector<TimesCase> kTimes = {
    {"MakingChangesTheDirectory", "mkdir 0 a/b", "a", "mc"},
    {"MakingSetsAll", "mkdir 0 a/b", "a/b", "amc"},
    {"CreatingChangesTheDirectory", "open 0 a/n 2 wc", "a", "mc"},
    {"OpeningChangesNothing", "open 0 f 2 wc", "f", ""},
    {"OpeningDoesNotChangeTheDirectory", "open 0 a/g 2 wc", "a", ""},
    {"TruncatingChangesTheFile", "open 0 f 2 wt", "f", "mc"},
    {"WritingChangesTheFile", "write 1 x", "f", "mc"},
    {"WritingNothingChangesNothing", "write 1 ''", "f", ""},
    {"ReadingChangesNothing", "read 1 1", "f", ""},
    {"ListingChangesNothing", "ls 0", ".", ""},
    {"CuttingChangesTheFile", "size 1 0", "f", "mc"},
    {"AllocatingChangesTheFile", "allocate 1 0 1", "f", "mc"},
    {"LinkingChangesTheNode", "link 0 f 0 a/h", "f", "c"},
    {"LinkingChangesTheDirectory", "link 0 f 0 a/h", "a", "mc"},
    {"UnlinkingChangesTheDirectory", "unlink 0 a/g", "a", "mc"},
    {"UnlinkingChangesTheNode", "unlink 0 s", "f", "c"},
    {"RemovingChangesTheDirectory", "rmdir 0 a/e", "a", "mc"},
    {"RenamingChangesTheNode", "rename 0 f 0 a/h", "a/h", "c"},
    {"RenamingChangesWhereItWas", "rename 0 a/g 0 g", "a", "mc"},
    {"RenamingChangesWhereItGoes", "rename 0 f 0 a/h", "a", "mc"},
    {"RenamingToItselfChangesNothing", "rename 0 f 0 s", "f", ""},
    {"RenamingToItselfDoesNotChangeTheDirectory", "rename 0 f 0 s", ".", ""},
    {"AFailureChangesNothing", "mkdir 0 a", ".", ""},
    {"SettingATimeChangesTheNode", "timesat 0 f 7", "f", "mc"},
    {"SettingALinksTimeDoesNotChangeItsTarget", "timesat 0 l 7", "f", ""},
};

class MemoryTimesTest : public testing::TestWithParam<TimesCase> {
 protected:
  std::uint64_t now_ = 1'000;
  CountingBudget budget_;
  std::shared_ptr<File> root_ = MemoryFileSystem(budget_, [this] { return now_; }).root();
  FileShell shell_{root_};
};

TEST_P(MemoryTimesTest, MoveAsOnLinux) {
  for (const char* const command : {"mkdir 0 a", "mkdir 0 a/e", "open 0 a/g 1 wc", "open 0 f 1 rwc",
                                    "write 1 xx", "link 0 f 0 s", "symlink f 0 l"}) {
    shell_.run(command);
  }
  now_ = 2'000;
  shell_.run(GetParam().command);
  const auto stat = root_->statAt(GetParam().path, Follow::no, Patience::cached);
  ASSERT_TRUE(stat);
  std::string moved;
  if (stat->accessed != 1'000) moved += 'a';
  if (stat->modified != 1'000) moved += 'm';
  if (stat->changed != 1'000) moved += 'c';
  EXPECT_EQ(moved, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Calls, MemoryTimesTest, testing::ValuesIn(kTimes),
                         [](const auto& test) { return test.param.name; });

TEST(MemoryNewTimesTest, AreKeptTakenOrGiven) {
  CountingBudget budget;
  std::uint64_t now = 1'000;
  const auto root = MemoryFileSystem(budget, [&now] { return now; }).root();
  const auto file = *root->open("f", {.write = true, .create = true}, Patience::cached);
  now = 2'000;
  using Kind = NewTime::Kind;
  ASSERT_EQ(file->setTimes({{Kind::keep, 5}, {Kind::keep, 5}}), Errno::success);
  EXPECT_EQ(file->stat(Patience::cached)->changed, 1'000u);
  ASSERT_EQ(file->setTimes({{Kind::given, UINT64_MAX}, {Kind::keep, 5}}), Errno::success);
  EXPECT_EQ(file->stat(Patience::cached)->accessed, UINT64_MAX);
  EXPECT_EQ(file->stat(Patience::cached)->modified, 1'000u);
  EXPECT_EQ(file->stat(Patience::cached)->changed, 2'000u);
  ASSERT_EQ(root->setTimes({{Kind::keep, 0}, {Kind::now, 5}}), Errno::success);
  EXPECT_EQ(root->stat(Patience::cached)->modified, 2'000u);
}

}  // namespace
}  // namespace skiff::wasi
