// Compiling in children of the real kind, and restoring what they made.
#include "isolate/compiler.h"

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "isolate/compile/compile_pool.h"
#include "isolate/engine.h"
#include "tests/isolate/compile_bomb.h"
#include "tests/isolate/guest_fixture.h"

namespace skiff::testing {
namespace {

using ::testing::HasSubstr;
using Kind = CompileError::Kind;

std::shared_ptr<CompileStarter> starter() {
  return std::make_shared<CompileSpawner>(Engine::commandOf("compile_child.node"));
}

CompilePool poolWith(const CompileLimits& limits, std::size_t children = 1) {
  return {starter(), limits, children};
}

class CompilingInAChild : public GuestTest {
 protected:
  CompilingInAChild() { compiler = &restoring_; }

  CompilePool pool_{starter(), CompileLimits(), 1};
  RestoringCompiler restoring_{testEngine(), pool_};
};

TEST_F(CompilingInAChild, GivesGuestsThatRun) {
  for (const char* name : {"hello_wat", "echo", "cgi"}) {
    SCOPED_TRACE(name);
    const auto pool = poolOf(name);
    get(*pool);
    EXPECT_EQ(reason, Reason::none) << detail;
  }
}

TEST_F(CompilingInAChild, RefusesAnInvalidModuleInTheSameWords) {
  // A function that leaves a value too many behind: valid to skiff's parser, not to the engine.
  auto bytes = compileBomb(1, 16);
  *std::find(bytes.begin(), bytes.end(), 0x6a) = 0x01;  // nop in place of i32.add
  const auto here = [&] {
    compiler = &inProcess;
    return tryPrepare(bytes);
  }();
  compiler = &restoring_;
  const auto there = tryPrepare(bytes);
  ASSERT_TRUE(here.has_error());
  ASSERT_TRUE(there.has_error());
  EXPECT_EQ(there.error().text(), here.error().text());
}

// A sanitizer's runtime does not end a process that has no memory left: it waits for itself.
#ifndef __SANITIZE_ADDRESS__
TEST_F(CompilingInAChild, EndsAtItsLimitOnMemoryAndTheNextModuleIsCompiled) {
  CompileLimits small;
  small.memory = 96_MiB;
  CompilePool pool = poolWith(small);
  EXPECT_TRUE(pool.compile(guest("hello")).has_value());
  const auto bomb = pool.compile(compileBomb(1, 2'000'000));
  ASSERT_TRUE(bomb.has_error());
  EXPECT_EQ(bomb.error().kind, Kind::memory) << bomb.error().what;
  EXPECT_THAT(bomb.error().what, HasSubstr("more than 96MiB of memory"));
  EXPECT_TRUE(pool.compile(guest("hello")).has_value());
}
#endif

TEST_F(CompilingInAChild, EndsAtItsLimitOnCpuTime) {
  CompileLimits small;
  small.cpu = std::chrono::seconds(0);  // the system counts whole seconds, and one is added
  CompilePool pool = poolWith(small);
  const auto bomb = pool.compile(compileBomb(64, 60'000));
  ASSERT_TRUE(bomb.has_error());
  EXPECT_EQ(bomb.error().kind, Kind::limit);
  EXPECT_THAT(bomb.error().what, HasSubstr("0 s of CPU time"));
}

TEST_F(CompilingInAChild, EndsAtItsLimitOnTime) {
  CompileLimits small;
  small.wall = std::chrono::milliseconds(300);
  CompilePool pool = poolWith(small);
  const auto bomb = pool.compile(compileBomb(64, 60'000));
  ASSERT_TRUE(bomb.has_error());
  EXPECT_EQ(bomb.error().kind, Kind::limit);
  EXPECT_THAT(bomb.error().what, HasSubstr("longer than 300 ms"));
}

TEST_F(CompilingInAChild, GivesNoMoreCodeThanItMay) {
  CompileLimits small;
  small.native = 4_KiB;
  CompilePool pool = poolWith(small);
  const auto result = pool.compile(guest("cgi"));
  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error().kind, Kind::limit);
  EXPECT_THAT(result.error().what, HasSubstr("more than 4KiB of machine code"));
}

/// Gives code that was spoilt on its way.
class SpoilingCompiler final : public NativeCompiler {
 public:
  SpoilingCompiler(NativeCompiler& from, std::size_t at) : from_(from), at_(at) {}
  Result<NativeCode, CompileError> compile(std::span<const std::uint8_t> module,
                                           const std::string&) override {
    auto code = from_.compile(module, {});
    if (code.has_value()) code->data[at_] ^= 1;
    return code;
  }

 private:
  NativeCompiler& from_;
  const std::size_t at_;
};

TEST_F(CompilingInAChild, CodeForAnotherEngineIsAnErrorAndNotCompiledHere) {
  for (std::size_t at = 0; at < 16; at += 4) {  // magic, version, processor, flags
    SCOPED_TRACE(at);
    SpoilingCompiler spoiling(pool_, at);
    RestoringCompiler spoilt(testEngine(), spoiling);
    compiler = &spoilt;
    const std::uint64_t before = testEngine().code().held();
    const auto refused = tryPrepare(guest("hello"));
    ASSERT_TRUE(refused.has_error());
    EXPECT_THAT(refused.error().text(), HasSubstr("does not take the machine code"));
    EXPECT_EQ(testEngine().code().held(), before);
  }
}

TEST_F(CompilingInAChild, IsChargedWithTheMachineCodeThatThereIs) {
  const auto bytes = guest("cgi");
  const auto native = pool_.compile(bytes);
  ASSERT_TRUE(native.has_value());
  const std::uint64_t before = testEngine().code().held();
  const auto prepared = tryPrepare(bytes);
  ASSERT_TRUE(prepared.has_value());
  EXPECT_GT(testEngine().code().held(), before + native->size);
  EXPECT_LT(testEngine().code().held(), before + 2 * native->size + (128 << 10));
}

/// Has code in store that is for another engine, until it is told to forget it.
class OutdatedStore final : public NativeCompiler {
 public:
  explicit OutdatedStore(NativeCompiler& from) : from_(from) {}
  Result<NativeCode, CompileError> compile(std::span<const std::uint8_t> module,
                                           const std::string&) override {
    auto code = from_.compile(module, {});
    if (code.has_value() && outdated_) {
      code->data[4] ^= 1;
      code->stored = true;
    }
    return code;
  }
  void forget(const std::string&) override { outdated_ = false; }

 private:
  NativeCompiler& from_;
  bool outdated_ = true;
};

TEST_F(CompilingInAChild, HappensAnewIfWhatIsStoredIsForAnotherEngine) {
  OutdatedStore store(pool_);
  RestoringCompiler fromStore(testEngine(), store);
  compiler = &fromStore;
  const auto prepared = tryPrepare(guest("hello"));
  ASSERT_TRUE(prepared.has_value()) << prepared.error().text();
  EXPECT_FALSE((*prepared)->stored);
}

/// Counts what it is asked to compile.
class CountingCompiler final : public NativeCompiler {
 public:
  explicit CountingCompiler(NativeCompiler& from) : from_(from) {}
  Result<NativeCode, CompileError> compile(std::span<const std::uint8_t> module,
                                           const std::string& name) override {
    ++count;
    return from_.compile(module, name);
  }

  int count = 0;

 private:
  NativeCompiler& from_;
};

TEST_F(CompilingInAChild, IsNotReachedByWhatTheEngineFindsInvalid) {
  CountingCompiler counting(pool_);
  RestoringCompiler restoring(testEngine(), counting);
  compiler = &restoring;
  // A body that ends with a value on the stack where none is to be.
  const auto invalid = repetitiveModule(1, 2, {0}, {0x41, 0});
  EXPECT_TRUE(tryPrepare(invalid).has_error());
  EXPECT_EQ(counting.count, 1) << "the original, for the message";
}

/// Memory of this process that holds code made at run time, as far as it was ever written.
std::uint64_t executableMemory() {
  std::ifstream maps("/proc/self/smaps");
  std::uint64_t sum = 0;
  bool counts = false;
  for (std::string line; std::getline(maps, line);) {
    char permissions[5] = {};
    std::uint64_t kilobytes = 0;
    if (std::sscanf(line.c_str(), "%*x-%*x %4s", permissions) == 1) {
      counts = permissions[2] == 'x' && line.find('/') == line.npos;
    } else if (counts && std::sscanf(line.c_str(), "Rss: %lu kB", &kilobytes) == 1) {
      sum += kilobytes << 10;
    }
  }
  return sum;
}

TEST_F(CompilingInAChild, IsChargedWithAllThatTheEngineTakesForIt) {
  struct Case {
    const char* name;
    std::vector<std::uint8_t> module;
  };
  const std::vector<std::uint8_t> noLocals{0};
  const std::vector<Case> cases{
      // memory[0] = i8x16.popcnt, again and again, of local 0 (v128)
      {"popcnt", repetitiveModule(1, 200'000, {1, 1, 0x7b, 0x41, 0, 0x20, 0}, {0xfd, 0x62},
                                  {0xfd, 0x0b, 0, 0})},
      // ref.func 0; drop
      {"ref.func", repetitiveModule(100, 300, noLocals, {0xd2, 0, 0x1a})},
      {"call", repetitiveModule(50, 2'000, noLocals, {0x10, 0})},
      {"empty functions", repetitiveModule(10'000, 1, noLocals, {})},
      {"small functions", repetitiveModule(5'000, 12, noLocals, {0x10, 0})},
      {"loops", compileBomb(100, 500)},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    const std::uint64_t heldBefore = testEngine().code().held();
    const std::uint64_t before = executableMemory();
    const auto prepared = tryPrepare(one.module);
    ASSERT_TRUE(prepared.has_value()) << prepared.error().text();
    const std::uint64_t charged = testEngine().code().held() - heldBefore;
    const std::uint64_t taken = executableMemory() - before;
    EXPECT_LE(taken, charged);
    EXPECT_LT(charged, 2 * taken + (128 << 10)) << "out of proportion";
  }
}

TEST_F(CompilingInAChild, IsRefusedBeforeItIsRestoredIfThereIsNoRoom) {
  CodeBudget& code = testEngine().code();
  const std::uint64_t before = code.held();
  {
    const CodeBudget::Part most = code.tryTake(CodeBudget::kLimit - before - 10);
    ASSERT_TRUE(most);
    const auto refused = tryPrepare(guest("hello"));
    ASSERT_TRUE(refused.has_error());
    EXPECT_THAT(refused.error().text(), HasSubstr("for which the engine has no room"));
  }
  EXPECT_EQ(code.held(), before);
}

}  // namespace
}  // namespace skiff::testing
