#include "sandbox/starter.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <vector>

#include "sandbox/sandbox.h"
#include "sandbox/starter_protocol.h"
#include "tests/sandbox/in_child.h"
#include "tests/temporary_directory.h"

namespace skiff {
namespace {

using ::testing::HasSubstr;

/// The compiler's arguments have this very test program print what it was given.
constexpr const char* kSelfFilter = "--gtest_filter=NoSuchTest";

/// Of this thread, and those that were started for it.
std::set<pid_t> children() {
  std::ifstream stream("/proc/thread-self/children");
  return {std::istream_iterator<pid_t>(stream), {}};
}

class AStarter : public ::testing::Test {
 protected:
  /// One whose successor is that shell script.
  void start(const std::string& script, std::chrono::seconds patience = Starter::kPatience) {
    std::ofstream(file("script")) << "#!/bin/sh\n" << script;
    std::filesystem::permissions(file("script"), std::filesystem::perms::owner_all);
    auto started = Starter::start(
        SKIFF_STARTER, {{file("script"), file("output")}, {"test", kSelfFilter}}, patience);
    ASSERT_TRUE(started.has_value()) << started.error().message;
    starter_ = std::move(*started);
  }
  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string output() const {
    std::ifstream stream(file("output"));
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  static int statusOf(pid_t process) {
    int status = -1;
    EXPECT_EQ(::waitpid(process, &status, 0), process);
    return status;
  }

  testing::TemporaryDirectory folder_;
  std::unique_ptr<Starter> starter_;
};

TEST_F(AStarter, StartsASuccessorThatIsTheCallersChildAndHasWhatWasPassed) {
  start("echo passed >&4\necho $LISTEN_FDS $LISTEN_FDNAMES $SKIFF_LISTEN_PID $PPID >$1\n");
  const int one = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int two = ::open(file("passed").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const int both[] = {one, two};
  const auto process = starter_->startSuccessor(both, "http:lock");
  ASSERT_TRUE(process.has_value()) << process.error().message;
  EXPECT_EQ(statusOf(*process), 0);
  EXPECT_EQ(output(), "2 http:lock self " + std::to_string(::getpid()) + "\n");
  EXPECT_EQ(std::filesystem::file_size(file("passed")), 7u);
  ::close(one);
  ::close(two);
}

TEST_F(AStarter, PassesMoreDescriptorsThanAMessageHolds) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = limit.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  // A shell's own redirections know descriptors of one digit.
  start("echo $LISTEN_FDS >$1; echo last >/proc/self/fd/602\n");
  std::vector<int> descriptors(600, STDIN_FILENO);
  std::string names = "last";
  for (std::size_t i = 1; i < descriptors.size(); ++i) names += ":http";
  const int last = ::open(file("passed").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  descriptors.back() = last;
  const auto process = starter_->startSuccessor(descriptors, names);
  ASSERT_TRUE(process.has_value()) << process.error().message;
  EXPECT_EQ(statusOf(*process), 0);
  EXPECT_EQ(output(), "600\n");
  EXPECT_EQ(std::filesystem::file_size(file("passed")), 5u);
  ::close(last);
}

TEST_F(AStarter, SaysWhyOneCannotBeStartedAndGoesOn) {
  start("exit 3");
  std::filesystem::remove(file("script"));
  const int any[] = {STDIN_FILENO};
  const auto gone = starter_->startSuccessor(any, "http");
  ASSERT_TRUE(gone.has_error());
  EXPECT_THAT(gone.error().message, HasSubstr(file("script") + ": No such file"));
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), 0) << "nothing is left of it";
  std::ofstream(file("script")) << "#!/bin/sh\nexit 3\n";
  std::filesystem::permissions(file("script"), std::filesystem::perms::owner_all);
  const auto process = starter_->startSuccessor(any, "http");
  ASSERT_TRUE(process.has_value());
  EXPECT_EQ(WEXITSTATUS(statusOf(*process)), 3);
}

TEST_F(AStarter, EndsWhatItStartedAndNothingElse) {
  start("exec sleep 1000");
  const int any[] = {STDIN_FILENO};
  const auto process = starter_->startSuccessor(any, "http");
  ASSERT_TRUE(process.has_value());
  const pid_t other = ::fork();
  if (other == 0) {
    ::pause();
    ::_exit(0);
  }
  starter_->end(other);
  starter_->end(*process);
  EXPECT_EQ(WTERMSIG(statusOf(*process)), SIGKILL);
  EXPECT_EQ(::waitpid(other, nullptr, WNOHANG), 0);
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
}

TEST_F(AStarter, StartsProcessesThatCompileFromTheCallersOwnExecutable) {
  start("exit 0");
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const auto process = starter_->startCompiler(ends[1]);
  ASSERT_TRUE(process.has_value()) << process.error().message;
  ::close(ends[1]);
  EXPECT_EQ(::getsid(*process), *process);
  EXPECT_EQ(statusOf(*process), 0);  // it has run no test
  char byte = 0;
  EXPECT_EQ(::read(ends[0], &byte, 1), 0) << "its end was closed with it";
  ::close(ends[0]);
}

TEST_F(AStarter, ServesACallerThatHasGivenUpAllElse) {
  start("exit 5");
  inChild([&] {
    // Of its own, for it is to be waited for.
    start("test -r /etc/passwd && exit 6");
    ASSERT_TRUE(enterSandbox({}).has_value());
    const int any[] = {STDIN_FILENO};
    const auto process = starter_->startSuccessor(any, "http");
    ASSERT_TRUE(process.has_value()) << process.error().message;
    EXPECT_EQ(WEXITSTATUS(statusOf(*process)), 6) << "it is not sandboxed";
  });
}

TEST_F(AStarter, ThatIsGoneIsAnError) {
  auto started = Starter::start("/bin/true", {{"/bin/true"}, {}});
  ASSERT_TRUE(started.has_value());
  const int any[] = {STDIN_FILENO};
  for (int i = 0; i < 2; ++i) {
    const auto process = (*started)->startSuccessor(any, "http");
    ASSERT_TRUE(process.has_error());
    EXPECT_THAT(process.error().message, HasSubstr("skiff-starter) has gone"));
  }
  EXPECT_TRUE(Starter::start("/nowhere", {}).has_error());
}

TEST_F(AStarter, ThatIsSlowIsWaitedForAndEndsWhatCameTooLate) {
  const std::set<pid_t> before = children();
  start("echo $$ >>$1; exec sleep 600", std::chrono::seconds(1));
  std::set<pid_t> starters = children();
  std::erase_if(starters, [&](pid_t process) { return before.contains(process); });
  ASSERT_EQ(starters.size(), 1u);
  ::kill(*starters.begin(), SIGSTOP);
  const int any[] = {STDIN_FILENO};
  const auto late = starter_->startSuccessor(any, "http");
  ASSERT_TRUE(late.has_error());
  EXPECT_THAT(late.error().message, HasSubstr("started nothing for 1 s"));
  ::kill(*starters.begin(), SIGCONT);
  int started = 0;
  // Each call lets go of what has ended meanwhile.
  for (int i = 0; i < 1'000 && (started == 0 || children().size() > before.size() + 1); ++i) {
    const auto next = starter_->startSuccessor(any, "http");
    if (next.has_error()) {
      ASSERT_THAT(next.error().message, HasSubstr("started nothing for 1 s")) << "so may this be";
      continue;
    }
    ++started;
    starter_->end(*next);
    statusOf(*next);
  }
  EXPECT_GT(started, 0);
  EXPECT_EQ(children().size(), before.size() + 1) << "the starter alone";
}

TEST_F(AStarter, EndsWhenItIsToldWhatMakesNoSense) {
  for (const std::string& nonsense :
       std::vector<std::string>{"", "x", "s", "shttp", "c", "e12345"}) {
    SCOPED_TRACE(nonsense);
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    const pid_t process = ::fork();
    if (process == 0) {
      // Any of the four may be the same.
      constexpr int kBeyond = kStarterEngine + 1;
      const int socket = ::fcntl(ends[1], F_DUPFD_CLOEXEC, kBeyond);
      const int engine = ::fcntl(ends[0], F_DUPFD_CLOEXEC, kBeyond);
      ::dup2(socket, kStarterSocket);
      ::dup2(engine, kStarterEngine);
      ::execl(SKIFF_STARTER, "skiff-starter", "1", "/bin/true", nullptr);
      ::_exit(1);
    }
    ::send(ends[0], nonsense.data(), nonsense.size(), 0);
    EXPECT_EQ(statusOf(process), 0);
    ::close(ends[0]);
    ::close(ends[1]);
  }
}

}  // namespace
}  // namespace skiff
