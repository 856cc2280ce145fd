// A program cannot get out of the directories that it was granted, whatever it tries, and whatever
// happens to them meanwhile. The attempts are in guests/test/escape.c and escape_race.c.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "tests/wasi/case_run.h"
#include "tests/wasi/prepared_tree.h"

namespace skiff::testing {
namespace {

namespace fs = std::filesystem;

using Escape = ::testing::TestWithParam<const char*>;

std::vector<std::string> attempt(const PreparedTree& tree, const char* stage, const char* group) {
  return {"run", "/work", stage, group, tree.outside().string()};
}

TEST_P(Escape, is_refused_with_the_right_errno) {
  const PreparedTree tree;
  expectAllWell(runProgram(tree.grants(), "escape", attempt(tree, "host", GetParam())));
  EXPECT_EQ(tree.damage(), "");
}
INSTANTIATE_TEST_SUITE_P(By, Escape,
                         ::testing::Values("absolute", "dots", "links", "nuls", "the_root",
                                           "granted_directories", "numbers", "long_paths",
                                           "descriptors"),
                         [](const auto& each) { return std::string(each.param); });

TEST(EscapeByMovedDirectory, leads_nowhere) {
  const PreparedTree tree;
  const StandardInput input = StandardInput::silent();
  e2e::Process guest =
      startProgram(tree.grants(), "escape", attempt(tree, "silent", "moved_out"), input);
  ASSERT_NE(guest.waitForLine(e2e::Process::Stream::output, "now move wanderer out"), "");
  fs::rename(tree.work() / "wanderer", tree.outside() / "elsewhere" / "wanderer");
  input.send("\n");
  const ProgramRun run = endOf(guest);
  expectAllWell(run);
  fs::remove_all(tree.outside() / "elsewhere" / "wanderer");
  EXPECT_EQ(tree.damage(), "");
}

TEST(Descriptors, of_the_host_are_released_with_those_of_the_guest) {
  const PreparedTree tree;
  const StandardInput input = StandardInput::silent();
  e2e::Process guest =
      startProgram(tree.grants(), "escape", attempt(tree, "silent", "descriptors"), input);
  const auto countAt = [&](const char* line) {
    EXPECT_NE(guest.waitForLine(e2e::Process::Stream::output, line), "");
    const std::size_t count = guest.readings().descriptors;
    input.send("\n");
    return count;
  };
  const std::size_t before = countAt("now count descriptors");
  EXPECT_GT(countAt("now count descriptors, many"), before + 100);
  EXPECT_EQ(countAt("now count descriptors again"), before);
  expectAllWell(endOf(guest));
}

/// What an operator who grants /proc gives away is what lies there, and no more: its magic links
/// lead anywhere.
TEST(EscapeByProc, follows_no_magic_link) {
  const ProgramRun run = runProgram({"--dir-ro", "/proc::/proc"}, "escape_proc", {});
  EXPECT_EQ(run.ending, e2e::Ending{}) << run.text();
}

/// Exchanges two names of a directory, at once, as often as it can.
void exchange(const fs::path& one, const fs::path& other, const std::atomic<bool>& stop) {
  while (!stop) {
    ::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
  }
}
/// Moves a directory there and back.
void wander(const fs::path& here, const fs::path& there, const std::atomic<bool>& stop) {
  while (!stop) {
    ::rename(here.c_str(), there.c_str());
    ::rename(there.c_str(), here.c_str());
  }
}

/// When names in a directory, or the times of a file, changed last.
std::pair<timespec, timespec> timesOf(const fs::path& path) {
  struct stat stat {};
  if (::stat(path.c_str(), &stat) != 0) throw std::runtime_error("cannot look at " + path.string());
  return {stat.st_mtim, stat.st_ctim};
}
bool sameTimes(const std::pair<timespec, timespec>& one, const std::pair<timespec, timespec>& two) {
  const auto same = [](const timespec& a, const timespec& b) {
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
  };
  return same(one.first, two.first) && same(one.second, two.second);
}

TEST(EscapeByRace, reaches_nothing_outside_while_paths_are_exchanged) {
  const char* const asked = std::getenv("SKIFF_ESCAPE_SECONDS");
  const std::string seconds = asked ? asked : "2";
  const PreparedTree tree;
  const fs::path race = tree.work();
  const auto put = [](const fs::path& path) { std::ofstream(path) << "harmless"; };
  for (const char* name : {"swapped", "wanderer/sub"}) fs::create_directories(race / name);
  for (const char* name : {"swapped/secret", "secret", "link", "own"}) put(race / name);
  fs::create_symlink("..", race / "swapped_out");
  fs::create_symlink("../secret", race / "link_out");
  const auto outsideBefore = timesOf(tree.outside());
  const auto secretBefore = timesOf(tree.outside() / "secret");

  std::atomic<bool> stop = false;
  std::vector<std::thread> racers;
  racers.emplace_back([&] { exchange(race / "swapped", race / "swapped_out", stop); });
  racers.emplace_back([&] { exchange(race / "link", race / "link_out", stop); });
  racers.emplace_back(
      [&] { wander(race / "wanderer", tree.outside() / "elsewhere" / "wanderer", stop); });
  e2e::Process guest = startProgram({"--dir", race.string() + "::/work"}, "escape_race", {seconds},
                                    StandardInput(""));
  const auto ending = guest.wait(e2e::kPatience + std::chrono::seconds(std::stoi(seconds)));
  stop = true;
  for (std::thread& racer : racers) racer.join();
  ASSERT_TRUE(ending.has_value()) << "the guest does not come to an end";
  const ProgramRun run = endOf(guest);

  unsigned long reached = 0;
  unsigned long refused = 0;
  unsigned long leaks = 1;
  const std::size_t summary = run.output.find("reached ");
  ASSERT_NE(summary, std::string::npos) << run.text();
  ASSERT_EQ(std::sscanf(run.output.c_str() + summary, "reached %lu refused %lu leaks %lu", &reached,
                        &refused, &leaks),
            3);
  EXPECT_EQ(leaks, 0u) << run.output;
  // Else there was no race.
  EXPECT_GT(reached, 100u);
  EXPECT_GT(refused, 100u);
  EXPECT_TRUE(sameTimes(timesOf(tree.outside()), outsideBefore)) << "names outside were changed";
  EXPECT_TRUE(sameTimes(timesOf(tree.outside() / "secret"), secretBefore))
      << "the secret was touched";
  fs::remove_all(tree.outside() / "elsewhere" / "wanderer");
  EXPECT_EQ(tree.damage(), "");
  std::printf("reached %lu, refused %lu\n", reached, refused);
}

}  // namespace
}  // namespace skiff::testing
