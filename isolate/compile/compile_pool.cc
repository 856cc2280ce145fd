#include "isolate/compile/compile_pool.h"

#include <algorithm>
#include <new>

namespace skiff {
namespace {

/// Whether what the child compiled before can be the reason.
bool mayBeLeftBehind(CompileError::Kind kind) {
  return kind == CompileError::Kind::memory || kind == CompileError::Kind::failed;
}

}  // namespace

/// A place among those that compile; waits for one.
class CompilePool::Slot {
 public:
  explicit Slot(CompilePool& pool) : pool_(pool) {
    std::unique_lock lock(pool_.mutex_);
    pool_.freed_.wait(lock, [this] { return pool_.slots_ > 0; });
    --pool_.slots_;
  }
  ~Slot() {
    {
      const std::lock_guard lock(pool_.mutex_);
      ++pool_.slots_;
    }
    pool_.freed_.notify_one();
  }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

 private:
  CompilePool& pool_;
};

CompilePool::CompilePool(std::shared_ptr<CompileStarter> starter, CompileLimits limits,
                         std::size_t children)
    : starter_(std::move(starter)), limits_(limits), slots_(std::max<std::size_t>(1, children)) {}

CompilePool::~CompilePool() = default;

Result<NativeCode, CompileError> CompilePool::compile(std::span<const std::uint8_t> module,
                                                      const std::string&) {
  const Slot slot(*this);
  CompileLimits limits;
  {
    const std::lock_guard lock(mutex_);
    limits = limits_;
  }
  Result<NativeCode, CompileError> result = NativeCode{};
  for (const bool fresh : {false, true}) {
    auto child = take(fresh);
    if (child.has_error()) {
      result = child.error();
      break;
    }
    const bool again = (*child)->used();
    try {
      result = (*child)->compile(module, limits);
    } catch (const std::bad_alloc&) {
      result = CompileError{CompileError::Kind::stopped, "there is no memory for its machine code"};
    }
    giveBack(std::move(*child));
    if (!again || result.has_value() || !mayBeLeftBehind(result.error().kind)) break;
  }
  return result;
}

Result<std::unique_ptr<CompileChild>, CompileError> CompilePool::take(bool fresh) {
  const CompileError stopped{CompileError::Kind::stopped, "compiling was stopped"};
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return stopped;
    if (!fresh && !idle_.empty()) {
      auto child = std::move(idle_.back());
      idle_.pop_back();
      running_.insert(child.get());
      return child;
    }
  }
  auto child = CompileChild::start(starter_);
  if (child.has_error()) {
    return CompileError{CompileError::Kind::stopped, child.error().message};
  }
  const std::lock_guard lock(mutex_);
  if (stopped_) return stopped;
  running_.insert(child->get());
  return std::move(*child);
}

void CompilePool::giveBack(std::unique_ptr<CompileChild> child) {
  const std::lock_guard lock(mutex_);
  running_.erase(child.get());
  if (child->reusable() && !stopped_) idle_.push_back(std::move(child));
}

void CompilePool::giveWay() {
  const std::lock_guard lock(mutex_);
  limits_.priority = CompilePriority::lowered;
}

void CompilePool::dismissIdle() {
  std::vector<std::unique_ptr<CompileChild>> dismissed;
  const std::lock_guard lock(mutex_);
  dismissed.swap(idle_);
}

void CompilePool::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  for (CompileChild* child : running_) child->stop();
  idle_.clear();
}

}  // namespace skiff
