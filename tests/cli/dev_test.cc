// skiff dev, with a daemon that is played by a script and a scripted server.
#include <signal.h>
#include <sys/stat.h>

#include <condition_variable>
#include <fstream>
#include <mutex>

#include "cli/dev/child_process.h"
#include "cli/dev/file_watch.h"
#include "cli/dev/line_reader.h"
#include "tests/cli/run.h"

namespace skiff::cli {
namespace {

using skiff::testing::TemporaryDirectory;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::chrono::seconds kPatience{30};
const std::string kModule("\0asm\1\0\0\0", 8);

TEST(LineReader, CutsLinesWhateverThePieces) {
  LineReader reader;
  std::vector<std::string> lines;
  const auto take = [&](std::string_view line) { lines.emplace_back(line); };
  for (const std::string_view piece : {"one\ntw", "o\n", "\nthr", "ee"}) reader.feed(piece, take);
  EXPECT_THAT(lines, ElementsAre("one", "two", ""));
}

TEST(LineReader, HandsOnALineWithoutEndInPieces) {
  LineReader reader;
  std::size_t bytes = 0;
  const std::string piece(1000, 'x');
  for (int i = 0; i < 3000; ++i)
    reader.feed(piece, [&](std::string_view line) { bytes += line.size(); });
  EXPECT_GE(bytes, 2 * LineReader::kMost);
}

TEST(FileWatch, SeesWritingReplacingAndNothingElse) {
  const TemporaryDirectory directory;
  directory.write("app.wasm", "1");
  auto watch = FileWatch::on(directory.path() / "app.wasm");
  ASSERT_TRUE(watch) << watch.error().message;
  EXPECT_FALSE(watch->takeChanges());
  directory.write("other.wasm", "1");
  EXPECT_FALSE(watch->takeChanges());
  directory.write("app.wasm", "2");
  EXPECT_TRUE(watch->takeChanges());
  EXPECT_FALSE(watch->takeChanges());
  directory.write("new", "3");
  std::filesystem::rename(directory.path() / "new", directory.path() / "app.wasm");
  EXPECT_TRUE(watch->takeChanges());
  EXPECT_FALSE(FileWatch::on(directory.path() / "nowhere" / "app.wasm"));
}

TEST(ChildProcess, TellsHowItEnded) {
  auto child = ChildProcess::start("/bin/sh", {"-c", "exit 7"});
  ASSERT_TRUE(child);
  EXPECT_EQ(child->wait(kPatience), 7);
  auto killed = ChildProcess::start("/bin/sh", {"-c", "kill -9 $$"});
  ASSERT_TRUE(killed);
  EXPECT_EQ(killed->wait(kPatience), 128 + SIGKILL);
  EXPECT_FALSE(ChildProcess::start("/no/such/program", {}));
}

TEST(ChildProcess, IsEndedOnRequest) {
  auto child = ChildProcess::start("/bin/sleep", {"1000"});
  ASSERT_TRUE(child);
  EXPECT_EQ(child->wait(std::chrono::milliseconds(1)), std::nullopt);
  child->requestEnd();
  EXPECT_EQ(child->wait(kPatience), 128 + SIGTERM);
}

/// `skiff dev` on a thread of its own, with a script as skiffd.
class Dev : public ::testing::Test {
 protected:
  static constexpr const char* kApp = "/v1/tenants/dev/apps/my-app";

  Dev() {
    place.home.write("my_App.wasm", kModule + "1");
    server.on("PUT /v1/tenants/dev", answer(201, R"({"name":"dev"})"));
    server.on("PUT " + std::string(kApp), answer(201, R"({"name":"my-app"})"));
    server.on("POST " + std::string(kApp) + "/versions",
              [this](const Asked& asked) { return version(asked); });
    server.on("PUT " + std::string(kApp) + "/deployment", [this](const Asked&) {
      note(deployments);
      return answer(200, R"({"split":[]})");
    });
    script(
        "echo '{\"time\":\"T1Z\",\"level\":\"info\",\"message\":\"guest says hi\"}'\n"
        "trap 'echo drained >&2; exit 0' TERM\n"
        "while :; do sleep 0.02; done\n");
  }

  /// What the daemon does once it has said where it listens.
  void script(const std::string& rest) {
    place.home.write(
        "skiffd",
        "#!/bin/sh\ndata=$(sed -n 's/^data_dir = \"\\(.*\\)\"/\\1/p' \"$2\")\nmkdir -p \"$data\"\n"
        "echo op-token > \"$data/operator.token\"\ncp \"$2\" '" +
            (place.home.path() / "seen.toml").string() + "'\necho \"$data\" > '" +
            (place.home.path() / "seen.dir").string() +
            "'\necho '2024 info listening on http://127.0.0.1:4711' >&2\n"
            "echo '2024 info admin on http://127.0.0.1:" +
            std::to_string(server.port()) + "' >&2\n" + rest);
    ::chmod((place.home.path() / "skiffd").c_str(), 0755);
  }

  std::string version(const Asked& asked) {
    note(uploads);
    if (asked.body.ends_with("bad")) {
      return problem(422, "module_refused", "It does not compile: \\u001b[2J");
    }
    return answer(201, R"({"version":"0123456789abcdef","size":9,"abi":"wasi"})");
  }

  void start() {
    thread = std::thread([this] {
      ran = place.run({"dev", (place.home.path() / "my_App.wasm").string(), "--skiffd",
                       (place.home.path() / "skiffd").string(), "--env", "A=1"});
    });
  }
  void note(int& count) {
    const std::lock_guard lock(mutex);
    ++count;
    changed.notify_all();
  }
  bool waitFor(int& count, int least) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, kPatience, [&] { return count >= least; });
  }
  /// Ctrl-C.
  void interrupt() {
    ::pthread_kill(thread.native_handle(), SIGINT);
    thread.join();
  }

  ScriptedServer server;
  Place place;
  std::mutex mutex;
  std::condition_variable changed;
  int uploads = 0;
  int deployments = 0;
  Ran ran{};
  std::thread thread;
};

TEST_F(Dev, DeploysToADaemonOfItsOwnAndAgainWhenTheFileChanges) {
  start();
  ASSERT_TRUE(waitFor(deployments, 1));
  place.home.write("my_App.wasm", kModule + "2");
  ASSERT_TRUE(waitFor(deployments, 2));
  interrupt();
  EXPECT_EQ(ran.status, ExitStatus::success) << ran.errors;
  EXPECT_EQ(server.last("POST " + std::string(kApp) + "/versions").body, kModule + "2");
  EXPECT_EQ(server.asked().front().field("authorization"), "Bearer op-token");
  EXPECT_THAT(server.last("PUT " + std::string(kApp)).body,
              AllOf(HasSubstr("\"*/*\""), HasSubstr("\"A\":\"1\"")));
  EXPECT_THAT(ran.out, HasSubstr("1 info  guest says hi\n"));
  EXPECT_THAT(ran.errors, AllOf(HasSubstr("deployed version 0123456789ab"),
                                HasSubstr("serving on http://localhost:4711/")));
  EXPECT_THAT(place.home.read("seen.toml"), HasSubstr("listen = [\"127.0.0.1:0\"]"));
}

TEST_F(Dev, LeavesNothingBehind) {
  start();
  ASSERT_TRUE(waitFor(deployments, 1));
  std::string folder = place.home.read("seen.dir");
  folder.pop_back();
  EXPECT_TRUE(std::filesystem::exists(folder));
  interrupt();
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::path(folder).parent_path()));
}

TEST_F(Dev, LetsTheVersionBeforeServeOnIfTheNextIsRefused) {
  start();
  ASSERT_TRUE(waitFor(deployments, 1));
  place.home.write("my_App.wasm", kModule + "bad");
  ASSERT_TRUE(waitFor(uploads, 2));
  place.home.write("my_App.wasm", kModule + "good");
  ASSERT_TRUE(waitFor(deployments, 2));
  interrupt();
  EXPECT_THAT(ran.errors, AllOf(HasSubstr("It does not compile: \\x1b[2J"),
                                HasSubstr("the version before, 0123456789ab, serves on")));
  EXPECT_EQ(deployments, 2);
}

TEST_F(Dev, EndsIfItsDaemonDoes) {
  script("echo '2024-05-01T12:00:00.000Z error   out of everything' >&2\nexit 3\n");
  start();
  thread.join();
  EXPECT_EQ(ran.status, ExitStatus::failed);
  EXPECT_THAT(ran.errors, AllOf(HasSubstr("out of everything"), HasSubstr("ended by itself")));
}

TEST_F(Dev, SaysWhatADaemonSaidThatDoesNotComeUp) {
  place.home.write("skiffd", "#!/bin/sh\necho 'no room for \x1b[2J me' >&2\nexit 1\n");
  start();
  thread.join();
  EXPECT_EQ(ran.status, ExitStatus::failed);
  EXPECT_THAT(ran.errors, HasSubstr("no room for \\x1b[2J me\n"));
}

TEST_F(Dev, NeedsAModule) {
  EXPECT_EQ(place.run({"dev", "/nowhere.wasm"}).status, ExitStatus::failed);
  EXPECT_THAT(server.asked(), IsEmpty());
}

}  // namespace
}  // namespace skiff::cli
