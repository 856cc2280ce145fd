#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <vector>

#include "sandbox/path_rules.h"
#include "tests/e2e/admin_api.h"
#include "tests/e2e/daemon.h"

namespace skiff::e2e {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// A daemon, and one within it who does what he is told (breakout.cc).
class BreakoutTest : public ::testing::Test {
 protected:
  BreakoutTest() {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_), 0);
    std::ofstream(folder_ / "secret") << "of somebody else";
    std::ofstream(folder_ / "spare");
  }
  ~BreakoutTest() override {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }

  void start(const std::string& mode) {
    const fs::path file = folder_ / "skiff/skiff.toml";
    fs::create_directory(file.parent_path());
    ConfigText config;
    config.apps = {{"hello", "hello", {}, {}}};
    config.sandbox = "mode = \"" + mode + "\"";
    std::ofstream(file) << config.text();
    daemon_.emplace(SKIFF_RUN_ADDON, std::vector<std::string>{SKIFF_BREAKOUT, "--config", file},
                    ends_[1]);
    const std::string line =
        daemon_->waitForLine(Process::Stream::error, "listening on http://127.0.0.1:");
    ASSERT_NE(line, "") << said();
    port_ = static_cast<std::uint16_t>(std::stoul(line.substr(line.rfind(':') + 1)));
    ASSERT_NE(daemon_->waitForLine(Process::Stream::error, "ready: "), "") << said();
  }

  std::uint16_t port() const { return port_; }
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

/// What somebody who has broken out would do, and how each fails once it may not be done.
struct Deed {
  std::string command;
  int error;
  bool takesPrivileges = false;  ///< only root can do it at all
};

std::vector<Deed> deeds(const fs::path& folder, pid_t other) {
  const std::string process = std::to_string(other);
  return {
      {"read /etc/passwd", EACCES},
      {"read " + (folder / "secret").string(), EACCES},
      {"read /proc/" + process + "/cmdline", EACCES},
      {"write " + (folder / "new").string(), EACCES},
      {"write " + (folder / "skiff/skiff.toml").string(), EACCES},
      {"move " + (folder / "secret").string(), EACCES},
      {"remove " + (folder / "spare").string(), EACCES},
      {"link " + (folder / "secret").string(), EACCES},
      {"cut " + (folder / "secret").string(), EACCES},
      {"folder " + (folder / "made").string(), EACCES},
      {"overwrite-code", EACCES},
      {"chmod " + (folder / "secret").string(), EPERM},
      {"start /bin/true", EPERM},
      {"execute-memory", EPERM},
      {"copy", EPERM},
      {"bind", EPERM},
      {"listen", EPERM},
      {"unix", EPERM},
      {"netlink", EPERM},
      {"raw", EPERM, true},
      {"packet", EPERM, true},
      {"signal " + process, EPERM},
      {"limit " + process, EPERM},
      {"memory " + process, EPERM},
      {"trace " + process, EPERM},
      {"mount /mnt", EPERM, true},
      {"root /", EPERM, true},
      {"key", EPERM},
      {"bpf", EPERM, true},
      {"ring", EPERM},
      {"faults", EPERM, true},
  };
}

/// A process to be harmed.
class Bystander {
 public:
  Bystander() : process_("/bin/sleep", {"1000"}) {}
  pid_t id() const { return process_.id(); }

 private:
  Process process_;
};

TEST_F(BreakoutTest, WithoutASandboxItDoesAsItLikes) {
  start("off");
  const Bystander bystander;
  for (const Deed& deed : deeds(folder(), bystander.id())) {
    if (deed.takesPrivileges && ::geteuid() != 0) continue;
    SCOPED_TRACE(deed.command);
    const int error = attempt(deed.command);
    // What this machine's kernel, or who confines this test, offers nobody.
    if (error == ENOSYS || (deed.takesPrivileges && error == EPERM)) {
      std::printf("cannot be done here by anybody: %s\n", deed.command.c_str());
      continue;
    }
    EXPECT_EQ(error, 0);
  }
  EXPECT_EQ(get().status, 200);
}

TEST_F(BreakoutTest, OpensStartsAndReachesNothingThatWasNotGranted) {
  const bool hasPathRules = PathRules::version() != 0;
  start(hasPathRules ? "required" : "auto");
  const Bystander bystander;
  for (const Deed& deed : deeds(folder(), bystander.id())) {
    SCOPED_TRACE(deed.command);
    if (!hasPathRules && deed.error == EACCES) continue;
    EXPECT_EQ(attempt(deed.command), deed.error);
  }
  EXPECT_EQ(attempt("execute /bin/true"), EPERM);
  // What was granted it has, and the daemon serves.
  EXPECT_EQ(attempt("read " + (folder() / "skiff/skiff.toml").string()), 0);
  EXPECT_EQ(attempt("write " + (folder() / "skiff/var/file").string()), 0);
  EXPECT_EQ(attempt("connect " + std::to_string(port())), 0) << "as origins and registries need";
  EXPECT_EQ(get().status, 200);
}

TEST_F(BreakoutTest, AReloadTakesOverModulesThatWereGrantedAndRefusesOthers) {
  if (PathRules::version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  start("required");
  const fs::path file = folder() / "skiff/skiff.toml";
  const auto reload = [&](const std::string& module) {
    ConfigText config;
    config.apps = {{"hello", "hello", {}, {}}, {"other", module, {}, {}}};
    config.sandbox = "mode = \"required\"";
    std::ofstream(file) << config.text();
    daemon().signal(SIGHUP);
  };
  reload("echo");  // lies beside the other, and is compiled by a new process
  EXPECT_NE(daemon().waitForLine(Process::Stream::error, "ready: 2 apps"), "") << said();
  fs::copy_file(guestFile("hello"), folder() / "copy.wasm");
  reload(folder() / "copy.wasm");
  EXPECT_NE(daemon().waitForLine(Process::Stream::error, "is outside of skiffd's sandbox"), "")
      << said();
  EXPECT_NE(daemon().waitForLine(Process::Stream::error, "the reload is refused"), "");
  EXPECT_EQ(get().status, 200);
}

ConfigText hello() {
  ConfigText config;
  config.sandbox = "read = [\"" + fs::path(guestFile("hello")).parent_path().string() + "\"]";
  config.apps = {{"hello", "hello", {}, {}}};
  return config;
}

TEST(ASandboxedDaemon, IsWhatTheDefaultGivesAndSaysWhatItIsHeldBy) {
  Daemon daemon(hello());
  const std::string line = daemon.process().waitForLine(Process::Stream::error, "sandboxed: ");
  EXPECT_THAT(line, HasSubstr("no privileges"));
  EXPECT_THAT(line, HasSubstr("(seccomp)"));
  EXPECT_EQ(line.find("(Landlock ") != line.npos, PathRules::version() != 0);
}

/// A daemon on a kernel without Landlock.
class LessThanAWholeSandbox : public ::testing::Test {
 protected:
  Process start(const std::string& mode) {
    ConfigText config = hello();
    config.sandbox = "mode = \"" + mode + "\"";
    std::ofstream(folder_ / "skiff.toml") << config.text();
    return Process(SKIFF_WITHOUT_LANDLOCK, {SKIFFD, "--config", folder_ / "skiff.toml"});
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(LessThanAWholeSandbox, IsGoneOnWithWhereThatIsAllowed) {
  Process daemon = start("auto");
  EXPECT_THAT(daemon.waitForLine(Process::Stream::error, "the sandbox is not whole: "),
              HasSubstr("Landlock"));
  EXPECT_NE(daemon.waitForLine(Process::Stream::error, "ready: "), "");
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.wait(), Ending{});
}

TEST_F(LessThanAWholeSandbox, IsRefusedWhereAllOfItIsRequired) {
  Process daemon = start("required");
  EXPECT_EQ(daemon.wait(), (Ending{1, 0}));
  EXPECT_THAT(daemon.text(Process::Stream::error), HasSubstr("no sandbox: "));
}

/// The lines of /proc/PID/status; none if it has ended.
std::map<std::string, std::string> statusOf(const fs::path& process) {
  std::map<std::string, std::string> values;
  std::ifstream stream(process / "status");
  for (std::string line; std::getline(stream, line);) {
    const std::size_t colon = line.find(":\t");
    if (colon != line.npos) values[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return values;
}

TEST(ASandboxedDaemon, HasEveryThreadWithin) {
  Daemon daemon(hello());
  EXPECT_EQ(daemon.get("hello.test").status, 200);
  std::size_t threads = 0;
  const fs::path tasks = "/proc/" + std::to_string(daemon.process().id()) + "/task";
  for (const auto& task : fs::directory_iterator(tasks)) {
    auto status = statusOf(task.path());
    if (status.empty()) continue;
    SCOPED_TRACE(status["Name"]);
    EXPECT_EQ(status["NoNewPrivs"], "1");
    EXPECT_EQ(status["Seccomp"], "2");
    EXPECT_EQ(status["CapEff"], "0000000000000000");
    for (const char* set : {"CapPrm", "CapInh", "CapAmb"}) {
      EXPECT_EQ(status[set], "0000000000000000") << set;
    }
    // Whoever is not root cannot empty it, and with NoNewPrivs nothing comes of it.
    if (::geteuid() == 0) {
      EXPECT_EQ(status["CapBnd"], "0000000000000000");
    }
    ++threads;
  }
  EXPECT_GT(threads, 5u);
}

TEST(ASandboxedDaemon, ReachesAfterARestartWhatItsConfigurationHasNamedSince) {
  Daemon daemon(hello());
  const TemporaryFolder elsewhere;
  fs::copy_file(guestFile("hello"), elsewhere / "copy.wasm");
  ConfigText config = hello();
  config.apps.push_back({"copy", (elsewhere / "copy.wasm").string(), {}, {}});
  daemon.reload(config.text());
  if (PathRules::version() != 0) {
    EXPECT_NE(daemon.process().waitForLine(Process::Stream::error, "the reload is refused"), "");
  }
  EXPECT_EQ(daemon.handOver(), Ending{});
  EXPECT_EQ(daemon.get("copy.test").status, 200);
  EXPECT_EQ(daemon.handOver(), Ending{}) << "the new one restarts as well";
  EXPECT_EQ(daemon.terminate(), Ending{});
}

TEST(ASandboxedDaemon, RefusesAnAppOfTheApiThatIsToSeeWhatItCannotOpenItself) {
  if (PathRules::version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  const TemporaryFolder granted;
  const TemporaryFolder other;
  const auto dirs = [](const TemporaryFolder& folder) {
    return R"({"routes": ["web.test/*"], "dirs": [{"guest": "/data", "host": ")" +
           (folder / "").string() + R"("}]})";
  };
  ConfigText config;
  config.sandbox = "read = [\"" + (granted / "").string() + "\"]";
  Daemon daemon(config);
  const AdminApi api(daemon);
  ASSERT_EQ(api.put("/v1/tenants/acme", "{}").status, 201);
  ASSERT_EQ(api.put(appPath("acme/web"), dirs(other)).status, 201);
  const ApiReply refused =
      api.ask("POST", appPath("acme/web", "/versions"), guestBytes("hello"), "application/wasm");
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.text, HasSubstr("is outside of skiffd's sandbox"));
  EXPECT_EQ(api.put(appPath("acme/web"), dirs(granted)).status, 200);
  EXPECT_EQ(api.deploy("acme/web", api.upload("acme/web", "hello")).status, 200);
  EXPECT_EQ(daemon.get("web.test").status, 200);
}

/// Those that its main thread has started, the starter first, and that others have for it.
std::vector<pid_t> childrenOf(Daemon& daemon) {
  const std::string self = std::to_string(daemon.process().id());
  std::ifstream stream("/proc/" + self + "/task/" + self + "/children");
  return {std::istream_iterator<pid_t>(stream), {}};
}

bool hasEnded(pid_t process) {
  // Whoever has inherited it may never ask how it ended.
  const auto state = statusOf("/proc/" + std::to_string(process))["State"];
  return state.empty() || state.starts_with("Z");
}

TEST(ASandboxedDaemon, GoesOnAndEndsWhereItsStarterIsGone) {
  // With code of its own, so that a process is there that has compiled.
  Daemon daemon(ConfigText(), [](const fs::path& data) { fs::remove(data / "code"); });
  AdminApi(daemon).serve("acme", "hello", "hello");
  const std::vector<pid_t> children = childrenOf(daemon);
  ASSERT_GE(children.size(), 2u);
  ASSERT_EQ(::kill(children[0], SIGKILL), 0);
  EXPECT_TRUE(eventually([&] { return hasEnded(children[1]); })) << "it has nothing to do";
  EXPECT_EQ(daemon.get("hello.test").status, 200);
  daemon.process().signal(SIGUSR2);
  EXPECT_NE(daemon.process().waitForLine(Process::Stream::error, "skiff-starter) has gone"), "");
  EXPECT_EQ(daemon.get("hello.test").status, 200);
  EXPECT_EQ(daemon.terminate(), (Ending{0, 0}));
}

TEST(ASandboxedDaemon, LeavesNoProcessBehind) {
  pid_t starter = -1;
  {
    Daemon daemon(hello());
    ASSERT_FALSE(childrenOf(daemon).empty());
    starter = childrenOf(daemon).front();
    daemon.process().signal(SIGKILL);
    daemon.process().wait();
  }
  EXPECT_TRUE(eventually([&] { return hasEnded(starter); }));
}

}  // namespace
}  // namespace skiff::e2e
