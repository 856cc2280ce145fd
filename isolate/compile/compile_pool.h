#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "isolate/compile/compile_child.h"

namespace skiff {

/// Compiles in child processes, so many at a time. A child that did well compiles the next module
/// (starting one takes some 40 ms) until dismissIdle(). A module for which memory ran out, or
/// the child failed, is tried once more in a new one if the child compiled others before: none
/// fails for what another left behind.
class CompilePool final : public NativeCompiler {
 public:
  /// `children`: how many at most at a time, at least 1.
  CompilePool(std::shared_ptr<CompileStarter> starter, CompileLimits limits, std::size_t children);
  /// REQUIRES: nobody is in compile().
  ~CompilePool() override;

  Result<NativeCode, CompileError> compile(std::span<const std::uint8_t> module,
                                           const std::string& name = {}) override;

  /// From now on children run at lowered priority. Any thread.
  void giveWay();
  /// Ends the children that have nothing to do. Any thread.
  void dismissIdle();
  /// Ends all children; what is being compiled, and all that would be, gives `stopped`. Any thread.
  void stop();

 private:
  class Slot;

  /// A child, entered in running_; nothing if none could be started.
  Result<std::unique_ptr<CompileChild>, CompileError> take(bool fresh);
  void giveBack(std::unique_ptr<CompileChild> child);

  const std::shared_ptr<CompileStarter> starter_;
  std::mutex mutex_;
  std::condition_variable freed_;
  CompileLimits limits_;
  std::size_t slots_;
  std::vector<std::unique_ptr<CompileChild>> idle_;
  std::set<CompileChild*> running_;
  bool stopped_ = false;
};

}  // namespace skiff
