// Modules are compiled in child processes: whatever happens to one, the daemon serves on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/e2e/daemon.h"
#include "tests/isolate/compile_bomb.h"

namespace skiff::e2e {
namespace {

using ::testing::HasSubstr;

class CompilingABomb : public ::testing::Test {
 protected:
  enum class Takes { memory, time };

  CompilingABomb() {
    config_.apps = {{"hello", "hello", {}, {}}};
    config_.sandbox = "read = [\"" + (folder_ / "").string() + "\"]";
  }

  ConfigText withBomb(Takes what) const {
    const auto bytes = what == Takes::memory ? testing::compileBomb(1, 7'500'000)
                                             : testing::compileBomb(200, 60'000);
    std::ofstream(folder_ / "bomb.wasm", std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    ConfigText config = config_;
    config.apps.push_back({"bomb", folder_ / "bomb.wasm", {}, {}});
    return config;
  }

  /// The daemon's children that compile.
  static std::vector<pid_t> childrenOf(const Process& daemon) {
    std::vector<pid_t> children;
    std::error_code ignored;
    const std::string tasks = "/proc/" + std::to_string(daemon.id()) + "/task";
    for (const auto& task : std::filesystem::directory_iterator(tasks, ignored)) {
      std::ifstream file(task.path() / "children");
      for (pid_t child = 0; file >> child;) {
        if (nameOf(child) != "skiff-starter") children.push_back(child);
      }
    }
    return children;
  }

  static std::string nameOf(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/comm");
    std::string name;
    std::getline(file, name);
    return name;
  }

  /// The one child that compiles the bomb, once it does.
  static pid_t compilingChild(const Process& daemon) {
    pid_t found = 0;
    EXPECT_TRUE(eventually([&] {
      const auto children = childrenOf(daemon);
      if (children.size() != 1) return false;
      found = children.front();
      return cpuTicks(found) > 50;  // half a second: it is past its start
    }));
    return found;
  }

  static std::vector<std::string> statOf(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    std::string line;
    std::getline(file, line);
    std::istringstream fields(line.substr(std::min(line.size(), line.rfind(')') + 1)));
    return {std::istream_iterator<std::string>(fields), {}};
  }
  static long cpuTicks(pid_t process) {
    const auto fields = statOf(process);
    return fields.size() < 13 ? 0 : std::stol(fields[11]) + std::stol(fields[12]);
  }
  static bool runs(pid_t process) {
    const auto fields = statOf(process);
    return !fields.empty() && fields.front() != "Z";
  }

  TemporaryFolder folder_;
  ConfigText config_;
};

TEST_F(CompilingABomb, IsRefusedAtTheLimitWhileOthersAreServed) {
  Daemon daemon(config_);
  daemon.reload(withBomb(Takes::memory).text());
  int served = 0;
  const auto refused = [&] {
    return daemon.process().text(Process::Stream::error).find("the reload is refused") !=
           std::string::npos;
  };
  EXPECT_TRUE(eventually(
      [&] {
        EXPECT_EQ(daemon.get("hello.test").status, 200);
        ++served;
        return refused();
      },
      2 * kPatience));
  EXPECT_GT(served, 5);
  // A sanitizer's runtime ends a process that is out of memory in its own way.
  if (!kSanitized) {
    EXPECT_THAT(daemon.process().text(Process::Stream::error),
                HasSubstr("compiling it took more than 2GiB of memory: split large functions"));
  }
  EXPECT_TRUE(childrenOf(daemon.process()).empty());

  ConfigText better = config_;
  better.apps.push_back({"echo", "echo", {}, {}});
  daemon.reload(better.text());
  EXPECT_TRUE(eventually([&] { return daemon.get("echo.test").status == 200; }));
  EXPECT_EQ(daemon.terminate(), (Ending{0, 0}));
}

TEST_F(CompilingABomb, InAChildThatIsKilledIsAnErrorAndNoMore) {
  Daemon daemon(config_);
  daemon.reload(withBomb(Takes::time).text());
  const pid_t child = compilingChild(daemon.process());
  ASSERT_NE(child, 0);
  ::kill(child, SIGKILL);
  EXPECT_NE(daemon.process().waitForLine(Process::Stream::error,
                                         "the process that compiles was ended by SIGKILL"),
            "");
  EXPECT_EQ(daemon.get("hello.test").status, 200);
}

TEST_F(CompilingABomb, EndsWithTheDaemonHoweverThatEnds) {
  Daemon daemon(config_);
  daemon.reload(withBomb(Takes::time).text());
  const pid_t child = compilingChild(daemon.process());
  ASSERT_NE(child, 0);
  daemon.process().signal(SIGKILL);
  EXPECT_TRUE(eventually([&] { return !runs(child); }));
}

TEST_F(CompilingABomb, DoesNotKeepTheDaemonFromEnding) {
  Daemon daemon(config_);
  daemon.reload(withBomb(Takes::time).text());
  const pid_t child = compilingChild(daemon.process());
  ASSERT_NE(child, 0);
  EXPECT_EQ(daemon.terminate(), (Ending{0, 0}));
  EXPECT_FALSE(runs(child));
}

class MachineCode : public ::testing::Test {
 protected:
  MachineCode() { config_.apps = {{"hello", "hello", {}, {}}, {"cgi", "cgi", {}, {}}}; }

  /// Starts a daemon, asks both apps, and gives what it logged until it was ready.
  std::string start() {
    Daemon daemon("data_dir = \"" + data_.string() + "\"\n" + config_.text());
    EXPECT_EQ(daemon.get("hello.test").status, 200);
    EXPECT_EQ(daemon.get("cgi.test").status, 200);
    EXPECT_EQ(daemon.terminate(), (Ending{0, 0}));
    return daemon.process().text(Process::Stream::error);
  }
  static std::size_t count(const std::string& text, std::string_view word) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = text.find(word, at)) != text.npos; ++at) ++found;
    return found;
  }
  std::vector<std::filesystem::path> entries() const {
    return {std::filesystem::directory_iterator(data_ / "code"), {}};
  }

  TemporaryFolder folder_;
  std::filesystem::path data_ = folder_ / "var";
  ConfigText config_;
};

TEST_F(MachineCode, IsThereAtTheNextStart) {
  EXPECT_EQ(count(start(), ": compiled in"), 2U);
  EXPECT_EQ(entries().size(), 4U) << "of each module its code, and its plan";
  const std::string second = start();
  EXPECT_EQ(count(second, ": restored in"), 2U) << second;
  EXPECT_EQ(count(second, ": compiled in"), 0U);
}

TEST_F(MachineCode, ThatIsDamagedIsMadeAnewAndReplaced) {
  start();
  for (const auto& entry : entries()) {
    std::fstream file(entry, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-100, std::ios::end);
    file << "damaged";
  }
  EXPECT_EQ(count(start(), ": compiled in"), 2U);
  for (const auto& entry : entries()) std::filesystem::resize_file(entry, 1'000);
  EXPECT_EQ(count(start(), ": compiled in"), 2U);
  EXPECT_EQ(count(start(), ": restored in"), 2U);
  EXPECT_EQ(entries().size(), 4U);
}

TEST_F(MachineCode, ThatCannotBeKeptIsAWarningOnly) {
  std::filesystem::create_directories(data_);
  std::ofstream(data_ / "code") << "no directory";
  const std::string log = start();
  EXPECT_EQ(count(log, ": compiled in"), 2U);
  EXPECT_EQ(count(log, "machine code is not kept"), 1U) << log;
}

TEST_F(MachineCode, IsNotKeptByACheck) {
  const std::filesystem::path file = folder_ / "skiff.toml";
  std::ofstream(file) << "data_dir = \"" << data_.string() << "\"\n" << config_.text();
  EXPECT_EQ(check(file).ending, (Ending{0, 0}));
  EXPECT_FALSE(std::filesystem::exists(data_));
}

}  // namespace
}  // namespace skiff::e2e
