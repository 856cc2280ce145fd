#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "sandbox/path_rules.h"
#include "tests/e2e/daemon.h"

namespace skiff::e2e {
namespace {

namespace fs = std::filesystem;

/// A daemon, and one within it who does what he is told (breakout.cc).
class BreakoutTest : public ::testing::Test {
 protected:
  BreakoutTest() {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_), 0);
    std::ofstream(folder_ / "secret") << "of somebody else";
  }
  ~BreakoutTest() override {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }

  void start(const std::string& mode) {
    const fs::path file = folder_ / "skiff/skiff.toml";
    fs::create_directory(file.parent_path());
    ConfigText config;
    config.apps = {{.name = "hello", .guest = "hello"}};
    std::ofstream(file) << config.text() << "\n[sandbox]\nmode = \"" << mode << "\"\n";
    daemon_.emplace(SKIFF_RUN_ADDON, std::vector<std::string>{SKIFF_BREAKOUT, "--config", file},
                    ends_[1]);
    const std::string line =
        daemon_->waitForLine(Process::Stream::error, "listening on http://127.0.0.1:");
    ASSERT_NE(line, "") << said();
    port_ = static_cast<std::uint16_t>(std::stoul(line.substr(line.rfind(':') + 1)));
    ASSERT_NE(daemon_->waitForLine(Process::Stream::error, "ready: "), "") << said();
  }

  std::string said() const { return daemon_->text(Process::Stream::error); }
  Process& daemon() { return *daemon_; }
  Response get() const { return e2e::get(port_, "hello.test", "/"); }
  fs::path folder() const { return folder_ / ""; }

  /// What errno it fails with, or 0.
  int attempt(std::string command) const {
    command += '\n';
    EXPECT_EQ(::write(ends_[0], command.data(), command.size()),
              static_cast<ssize_t>(command.size()));
    std::string answer;
    for (char byte = 0; ::read(ends_[0], &byte, 1) == 1 && byte != '\n';) answer += byte;
    return answer.empty() ? -1 : std::stoi(answer);
  }

 private:
  TemporaryFolder folder_;
  int ends_[2] = {-1, -1};
  std::optional<Process> daemon_;
  std::uint16_t port_ = 0;
};

TEST_F(BreakoutTest, WithoutASandboxItDoesAsItLikes) {
  start("off");
  EXPECT_EQ(attempt("read " + (folder() / "secret").string()), 0);
  EXPECT_EQ(attempt("start /bin/true"), 0);
  EXPECT_EQ(attempt("bind"), 0);
  EXPECT_EQ(attempt("unix"), 0);
}

TEST_F(BreakoutTest, OpensStartsAndReachesNothingThatWasNotGranted) {
  if (PathRules::version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  start("required");
  EXPECT_EQ(attempt("read /etc/passwd"), EACCES);
  EXPECT_EQ(attempt("read " + (folder() / "secret").string()), EACCES);
  EXPECT_EQ(attempt("write " + (folder() / "skiff/skiff.toml").string()), EACCES);
  EXPECT_EQ(attempt("write /tmp/skiff-breakout"), EACCES);
  EXPECT_EQ(attempt("start /bin/true"), EACCES);
  EXPECT_EQ(attempt("bind"), EPERM);
  EXPECT_EQ(attempt("unix"), EPERM);
  EXPECT_EQ(attempt("mount /mnt"), EPERM);
  EXPECT_EQ(attempt("root /mnt"), EPERM);
  if (!kSanitized) EXPECT_EQ(attempt("trace " + std::to_string(::getpid())), EPERM);
  // What was granted it has, and the daemon serves.
  EXPECT_EQ(attempt("read " + (folder() / "skiff/skiff.toml").string()), 0);
  EXPECT_EQ(attempt("write " + (folder() / "skiff/var/file").string()), 0);
  EXPECT_EQ(get().status, 200);
}

TEST_F(BreakoutTest, AReloadTakesOverModulesThatWereGrantedAndRefusesOthers) {
  if (PathRules::version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  start("required");
  const fs::path file = folder() / "skiff/skiff.toml";
  const auto reload = [&](const std::string& module) {
    ConfigText config;
    config.apps = {{.name = "hello", .guest = "hello"}, {.name = "other", .guest = module}};
    std::ofstream(file) << config.text() << "\n[sandbox]\nmode = \"required\"\n";
    daemon().signal(SIGHUP);
  };
  reload("echo");  // lies beside the other, and is compiled by a new process
  EXPECT_NE(daemon().waitForLine(Process::Stream::error, "ready: 2 apps"), "") << said();
  fs::copy_file(guestFile("hello"), folder() / "copy.wasm");
  reload(folder() / "copy.wasm");
  EXPECT_NE(daemon().waitForLine(Process::Stream::error, "was not to be opened when skiffd"), "")
      << said();
  EXPECT_NE(daemon().waitForLine(Process::Stream::error, "the reload is refused"), "");
  EXPECT_EQ(get().status, 200);
}

TEST_F(BreakoutTest, ASandboxedDaemonRefusesToStartAnother) {
  if (PathRules::version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  start("required");
  daemon().signal(SIGUSR2);
  EXPECT_NE(daemon().waitForLine(Process::Stream::error, "a sandboxed skiffd starts no other"), "");
  EXPECT_EQ(get().status, 200);
  daemon().signal(SIGTERM);
  EXPECT_EQ(daemon().wait(), Ending{});
}

}  // namespace
}  // namespace skiff::e2e
