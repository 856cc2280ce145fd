// The daemon's side of a compile child, with children that do what a good one does not.
#include "isolate/compile/compile_child.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "isolate/compile/compile_pool.h"
#include "isolate/compile/compile_protocol.h"
#include "tests/temporary_directory.h"

namespace skiff {
namespace {

using ::testing::HasSubstr;
using Kind = CompileError::Kind;

constexpr std::uint8_t kModule[] = {0, 'a', 's', 'm', 1, 0, 0, 0};

std::shared_ptr<CompileStarter> starterOf(std::vector<std::string> command) {
  return std::make_shared<CompileSpawner>(std::move(command));
}

/// A child that is this shell script; its socket is descriptor 3.
std::unique_ptr<CompileChild> childOf(const std::string& script) {
  auto child = CompileChild::start(starterOf({"/bin/sh", "-c", script}));
  if (child.has_error()) throw std::runtime_error(child.error().message);
  return std::move(*child);
}

CompileError errorOf(const std::string& script, const CompileLimits& limits = {}) {
  const auto child = childOf(script);
  const auto result = child->compile(kModule, limits);
  EXPECT_FALSE(child->reusable());
  if (result.has_error()) return result.error();
  ADD_FAILURE() << script << " gave code";
  return {Kind::stopped, ""};
}

struct Reply {
  CompileReplyHead head;
  std::string payload;

  std::string text() const {
    return std::string(reinterpret_cast<const char*>(&head), sizeof head) + payload;
  }
};

class ACompileChild : public ::testing::Test {
 protected:
  /// A script that reads the request and answers with these bytes.
  std::string answering(const std::string& bytes) const {
    folder_.write("reply", bytes);
    return "head -c " + std::to_string(sizeof(CompileRequestHead) + sizeof kModule) +
           " <&3 >/dev/null; cat " + (folder_.path() / "reply").string() + " >&3";
  }

  testing::TemporaryDirectory folder_;
};

TEST_F(ACompileChild, GivesWhatItAnswers) {
  Reply reply{{}, "machine code"};
  reply.head.payloadSize = reply.payload.size();
  const auto child = childOf(answering(reply.text()));
  const auto result = child->compile(kModule, {});
  ASSERT_TRUE(result.has_value()) << result.error().what;
  EXPECT_EQ(std::string(result->bytes().begin(), result->bytes().end()), "machine code");
  EXPECT_TRUE(child->reusable());
}

TEST_F(ACompileChild, SaysWhyAModuleIsInvalid) {
  Reply reply{{}, "no such opcode"};
  reply.head.status = CompileStatus::invalid;
  reply.head.payloadSize = reply.payload.size();
  const auto child = childOf(answering(reply.text()));
  const auto result = child->compile(kModule, {});
  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error().kind, Kind::invalid);
  EXPECT_EQ(result.error().what, "no such opcode");
  EXPECT_TRUE(child->reusable());
}

TEST_F(ACompileChild, WhoseAnswerIsCutOffAnywhereIsRefused) {
  Reply reply{{}, "machine code"};
  reply.head.payloadSize = reply.payload.size();
  const std::string whole = reply.text();
  for (const std::size_t size : {std::size_t{0}, std::size_t{3}, sizeof reply.head,
                                 sizeof reply.head + 1, whole.size() - 1}) {
    SCOPED_TRACE(size);
    const CompileError error = errorOf(answering(whole.substr(0, size)));
    EXPECT_EQ(error.kind, Kind::failed);
    EXPECT_THAT(error.what, HasSubstr("exit code 0 before it was done"));
  }
}

TEST_F(ACompileChild, WhoseAnswerMakesNoSenseIsRefused) {
  Reply magic{{}, ""};
  magic.head.magic ^= 1;
  Reply status{{}, ""};
  status.head.status = CompileStatus{9};
  Reply size{{}, ""};
  size.head.payloadSize = std::uint64_t{1} << 62;
  Reply message{{}, ""};
  message.head.status = CompileStatus::invalid;
  message.head.payloadSize = 1 << 20;
  for (const Reply& reply : {magic, status, size, message}) {
    const CompileError error = errorOf(answering(reply.text()));
    EXPECT_EQ(error.kind, Kind::failed);
    EXPECT_THAT(error.what, HasSubstr("makes no sense"));
  }
}

TEST_F(ACompileChild, ThatEndsSaysByWhat) {
  struct Case {
    std::string script;
    Kind kind;
    std::string what;
  };
  CompileLimits limits;
  limits.memory = 3_GiB;
  limits.cpu = std::chrono::seconds(7);
  const std::vector<Case> cases{
      {"kill -KILL $$", Kind::failed, "ended by SIGKILL"},
      {"kill -SEGV $$", Kind::failed, "ended by SIGSEGV"},
      {"kill -XCPU $$", Kind::limit, "more than 7 s of CPU time"},
      {"exit " + std::to_string(kCompileOutOfMemory), Kind::memory, "more than 3GiB of memory"},
      {"exit 5", Kind::failed, "exit code 5"},
      {"exec 3>&-; exit 6", Kind::failed, "exit code 6"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.script);
    const CompileError error = errorOf(one.script, limits);
    EXPECT_EQ(error.kind, one.kind);
    EXPECT_THAT(error.what, HasSubstr(one.what));
  }
}

TEST_F(ACompileChild, ThatTakesTooLongIsEnded) {
  CompileLimits limits;
  limits.wall = std::chrono::milliseconds(50);
  const CompileError error = errorOf("exec sleep 1000", limits);
  EXPECT_EQ(error.kind, Kind::limit);
  EXPECT_THAT(error.what, HasSubstr("longer than 50 ms"));
}

TEST_F(ACompileChild, CanBeStoppedFromAnotherThread) {
  const auto child = childOf("exec sleep 1000");
  std::thread other([&] { child->stop(); });
  const auto result = child->compile(kModule, {});
  other.join();
  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error().kind, Kind::stopped);
}

TEST_F(ACompileChild, HasNothingOfTheDaemonsButItsSocket) {
  const int leaky = ::fcntl(STDERR_FILENO, F_DUPFD, 5);  // not to be closed by exec
  ASSERT_GE(leaky, 5);
  ASSERT_LT(leaky, 10);
  ::setenv("SKIFF_SECRET", "x", 1);
  const std::string out = (folder_.path() / "seen").string();
  // The shell itself takes descriptors from 10 on.
  errorOf("for d in 3 4 5 6 7 8 9 " + std::to_string(leaky) +
          "; do test -e /proc/$$/fd/$d && echo has $d; done >" + out + "; env >>" + out);
  ::close(leaky);
  ::unsetenv("SKIFF_SECRET");
  const std::string seen = folder_.read("seen");
  // 3 is the socket; the shell's own output is 1 for the while.
  EXPECT_EQ(seen.substr(0, seen.rfind("has ") + 6), "has 3\n") << seen;
  EXPECT_THAT(seen, ::testing::Not(HasSubstr("SECRET")));
}

TEST_F(ACompileChild, ThatCannotBeStartedIsAnError) {
  const auto child = CompileChild::start(starterOf({"/nowhere/at/all"}));
  ASSERT_TRUE(child.has_error());
  EXPECT_THAT(child.error().message, HasSubstr("No such file"));
}

TEST(ACompilePool, ThatIsStoppedCompilesNothingAnyMore) {
  CompilePool pool(starterOf({"/bin/sh", "-c", "exec sleep 1000"}), {}, 1);
  std::thread other([&] { pool.stop(); });
  for (int i = 0; i < 2; ++i) {
    const auto result = pool.compile(kModule);
    ASSERT_TRUE(result.has_error());
    EXPECT_EQ(result.error().kind, Kind::stopped);
  }
  other.join();
}

TEST(ACompilePool, HasOnlySoManyChildrenAtATime) {
  testing::TemporaryDirectory folder;
  // Each takes the lock, or says that another has it.
  const std::string lock = (folder.path() / "lock").string();
  CompilePool pool(starterOf({"/bin/sh", "-c",
                              "mkdir " + lock + " 2>/dev/null || echo >" + lock +
                                  ".broken; sleep 0.05; rmdir " + lock}),
                   {}, 1);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { EXPECT_TRUE(pool.compile(kModule).has_error()); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(std::filesystem::exists(lock + ".broken"));
}

}  // namespace
}  // namespace skiff
