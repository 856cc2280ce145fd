#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "isolate/code_budget.h"

namespace node {
class MultiIsolatePlatform;
}
namespace v8 {
class ArrayBuffer;
class Isolate;
}  // namespace v8

namespace skiff {

class ForegroundTasks;

/// V8 as this process has it. The only place that knows that V8 comes inside the engine's
/// executable, whose platform (worker threads for compilation and garbage collection) it uses and
/// of which nothing else is used. One per process; outlives every isolate.
class Engine {
 public:
  /// `mainIsolate`: the isolate that the executable made for itself; the calling thread has it
  /// entered.
  explicit Engine(v8::Isolate* mainIsolate);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// "14.6.202.33": cached code belongs to exactly one version.
  static std::string version();

  /// The command that runs another addon, which lies beside the boot script, in this executable
  /// with the flags that this process has. "/proc/self/exe" is the program: the very file that
  /// runs here, whatever its name leads to by now.
  static std::vector<std::string> commandOf(std::string_view addon);
  /// The folder of the boot script and the addons.
  static std::filesystem::path library();
  /// What machine code depends on beside its module: the engine's version, its flags, and what the
  /// processor can do. Text of one line.
  static std::string codeIdentity();

  /// Makes an isolate with bounded heap whose tasks go to `tasks`. Any thread. Not entered.
  v8::Isolate* newIsolate(std::shared_ptr<ForegroundTasks> tasks, std::size_t heap);
  /// REQUIRES: made by newIsolate, not entered by any thread, nothing of it used afterwards.
  void dispose(v8::Isolate* isolate);

  /// Has V8 drop what it keeps for the calling thread in every isolate: before a thread ends that
  /// has entered isolates which outlive it. REQUIRES: it has none entered.
  void forgetThread();

  /// What versions are charged with when they are compiled.
  CodeBudget& code() { return code_; }

  std::size_t liveIsolates() const { return live_.load(std::memory_order_relaxed); }

 private:
  struct Delegates;
  node::MultiIsolatePlatform* platform_;
  std::unique_ptr<Delegates> delegates_;
  std::atomic<std::size_t> live_{0};
  CodeBudget code_;
};

}  // namespace skiff
