#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>

#include "isolate/files/host_file.h"
#include "isolate/files/memory_file_system.h"
#include "tests/isolate/counting_budget.h"
#include "tests/isolate/file_shell.h"

namespace skiff::wasi {
namespace {

/// A directory of the machine's, for as long as the test runs.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = std::filesystem::temp_directory_path() / "skiff-memory-XXXXXX";
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("cannot make " + pattern);
    path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Makes up commands for a FileShell. There are few names, so that they meet.
class Commands {
 public:
  explicit Commands(std::uint64_t seed) : random_(seed) {}

  std::string next() {
    const std::string on = file();
    switch (below(20)) {
      case 0:
      case 1:
        return "mkdir " + on + " " + path();
      case 2:
        return "rmdir " + on + " " + path();
      case 3:
        return "unlink " + on + " " + path();
      case 4:
        return std::string("symlink ") + (chance(30) ? "/" : "") + path() + " " + on + " " + path();
      case 5:
        return "readlink " + on + " " + path();
      case 6:
        return "link " + on + " " + withoutSlash(path()) + " " + file() + " " + path();
      case 7:
      case 8:
      case 9:
        return "rename " + on + " " + path() + " " + file() + " " + path();
      case 10:
        return "stat " + on + " " + path();
      case 11:
        return "follow " + on + " " + path();
      case 12:
      case 13:
      case 14:
        return "open " + on + " " + path() + " " + std::to_string(1 + below(7)) + " " + flags();
      case 15:
        return (chance(2) ? "ls " : "fstat ") + on;
      default:
        return onFile(on);
    }
  }

 private:
  std::size_t below(std::size_t bound) { return random_() % bound; }
  bool chance(std::size_t of) { return below(of) == 0; }
  std::string file() { return std::to_string(chance(2) ? 0 : below(FileShell::kFiles)); }
  std::string offset() { return std::to_string(chance(2) ? below(16) : below(20'000)); }

  std::string path() {
    static constexpr std::array kNames = {"a", "b", "c", "d", "e"};
    std::string path;
    const std::size_t names = 1 + below(4);
    for (std::size_t name = 0; name < names; ++name) {
      if (name > 0) path += chance(20) ? "//" : "/";
      if (chance(12)) {
        path += "..";
      } else if (chance(20)) {
        path += ".";
      } else if (chance(300)) {
        path += std::string(254 + below(3), 'n');
      } else {
        path += kNames[below(kNames.size())];
      }
      if (chance(3)) break;
    }
    return path + (chance(12) ? "/" : "");
  }

  /// What a slash behind a link's source means is told differently.
  static std::string withoutSlash(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path;
  }

  std::string flags() {
    std::string flags;
    for (const char flag : std::string_view("rwcf")) {
      if (chance(2)) flags += flag;
    }
    for (const char flag : std::string_view("xtda")) {
      // Kernels disagree on what O_CREAT with O_DIRECTORY makes.
      if (chance(5) && !(flag == 'd' && flags.find('c') != std::string::npos)) flags += flag;
    }
    return flags.empty() ? "-" : flags;
  }

  std::string onFile(const std::string& on) {
    const std::string text(1 + below(chance(4) ? 9'000 : 20), static_cast<char>('A' + below(26)));
    switch (below(8)) {
      case 0:
        return "write " + on + " " + text;
      case 1:
        return "pwrite " + on + " " + text + " " + offset();
      case 2:
        return "read " + on + " " + std::to_string(1 + below(9'000));
      case 3:
        return "pread " + on + " " + std::to_string(1 + below(9'000)) + " " + offset();
      case 4:
        return "size " + on + " " + offset();
      case 5:
        return "allocate " + on + " " + offset() + " " + offset();
      case 6:
        return "append " + on + (chance(2) ? " on" : " off");
      default: {
        static constexpr std::array kWhence = {"set", "current", "end"};
        const std::string offsetBack = chance(2) ? "-" + offset() : offset();
        return "seek " + on + " " + kWhence[below(kWhence.size())] + " " + offsetBack;
      }
    }
  }

  std::mt19937_64 random_;
};

std::uint64_t seedOf(std::uint64_t usual) {
  const char* const given = std::getenv("SKIFF_TEST_SEED");
  return given ? std::stoull(given) : usual;
}

class MemoryDifferentialTest : public testing::TestWithParam<std::uint64_t> {};

TEST_P(MemoryDifferentialTest, AnswersWhatTheMachinesFileSystemAnswers) {
  const std::uint64_t seed = seedOf(GetParam());
  Commands commands(seed);
  const TemporaryDirectory directory;
  CountingBudget budget;
  {
    const auto memory = MemoryFileSystem(budget, [] { return 1; }).root();
    const auto host = hostDirectory(directory.path());
    FileShell memoryShell(memory);
    FileShell hostShell(host);
    ASSERT_TRUE(host->stat(Patience::blocking));  // opens it
    for (int count = 1; count <= 6'000; ++count) {
      const std::string command = commands.next();
      ASSERT_EQ(memoryShell.run(command), hostShell.run(command))
          << command << "\n(command " << count << " of seed " << seed << ")\n"
          << describeTree(*memory);
      if (count % 1'000 == 0) {
        ASSERT_EQ(describeTree(*memory), describeTree(*host))
            << "after command " << count << " of seed " << seed;
      }
    }
  }
  EXPECT_EQ(budget.taken(), 0u) << "seed " << seed;
}

INSTANTIATE_TEST_SUITE_P(Seeds, MemoryDifferentialTest, testing::Range<std::uint64_t>(1, 11));

}  // namespace
}  // namespace skiff::wasi
