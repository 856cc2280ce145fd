#include "tests/quota/interleavings.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

namespace skiff::testing {
namespace {

/// One program on a stack of its own, which goes on until its next step.
class Fiber {
 public:
  Fiber(Interleavings::Program program, ucontext_t& home) : program_(std::move(program)) {
    getcontext(&context_);
    context_.uc_stack.ss_sp = stack_.get();
    context_.uc_stack.ss_size = kStack;
    context_.uc_link = &home;
    const auto address = reinterpret_cast<std::uintptr_t>(this);
    makecontext(&context_, reinterpret_cast<void (*)()>(&Fiber::enter), 2,
                static_cast<unsigned>(address >> 32), static_cast<unsigned>(address));
  }

  bool isDone() const { return done_; }
  bool isReady() const { return !done_ && (!awaited_ || awaited_()); }
  void run(ucontext_t& home) {
    awaited_ = nullptr;
    swapcontext(&home, &context_);
  }
  void leave(ucontext_t& home, std::function<bool()> awaited) {
    awaited_ = std::move(awaited);
    swapcontext(&context_, &home);
  }

 private:
  static constexpr std::size_t kStack = 64 << 10;

  static void enter(unsigned high, unsigned low) {
    auto* const self = reinterpret_cast<Fiber*>(std::uintptr_t{high} << 32 | std::uintptr_t{low});
    self->program_();
    self->done_ = true;
  }

  Interleavings::Program program_;
  std::unique_ptr<char[]> stack_{new char[kStack]};
  ucontext_t context_{};
  std::function<bool()> awaited_;
  bool done_ = false;
};

ucontext_t home;
Fiber* running = nullptr;

}  // namespace

void Interleavings::step() {
  if (running) running->leave(home, nullptr);
}

void Interleavings::await(const std::function<bool()>& isReady) {
  if (running) running->leave(home, isReady);
}

std::size_t Interleavings::explore(const std::function<std::vector<Program>()>& make,
                                   const std::function<void()>& check) {
  // The choices that led to the order tried last; the next one differs in the last choice that has
  // an alternative left.
  struct Choice {
    std::size_t taken;
    std::size_t of;
  };
  std::vector<Choice> path;
  std::size_t orders = 0;
  do {
    std::vector<std::unique_ptr<Fiber>> fibers;
    for (Program& program : make()) {
      fibers.push_back(std::make_unique<Fiber>(std::move(program), home));
    }
    for (std::size_t depth = 0;; ++depth) {
      std::vector<Fiber*> ready;
      bool unfinished = false;
      for (const auto& fiber : fibers) {
        unfinished = unfinished || !fiber->isDone();
        if (fiber->isReady()) ready.push_back(fiber.get());
      }
      if (ready.empty()) {
        EXPECT_FALSE(unfinished) << "a program waits for ever";
        break;
      }
      if (depth == path.size()) path.push_back({0, ready.size()});
      running = ready[path[depth].taken];
      running->run(home);
      running = nullptr;
    }
    ++orders;
    check();
    if (::testing::Test::HasFailure()) return orders;
    while (!path.empty() && path.back().taken + 1 == path.back().of) path.pop_back();
    if (!path.empty()) ++path.back().taken;
  } while (!path.empty());
  return orders;
}

}  // namespace skiff::testing
