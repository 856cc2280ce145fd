#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "isolate/abi/entry_abi.h"
#include "isolate/host_context.h"
#include "isolate/instance_pool.h"
#include "quota/reason.h"

namespace skiff {

class GuestCall;
class IsolateLock;

/// One request served by one instance, from the ABI's first step to its last, as a sequence of
/// activations of the guest. Each is prepared on the shard, performed on whatever thread has the
/// pool (see InstancePool), and settled on the shard. Where the guest waits, resume() goes on when
/// the exchange's listener is told. All on the shard's thread, but perform().
///
/// Entering a guest so that it can be suspended costs several times a plain entry, and few requests
/// ever wait. So where nothing that a guest does before it waits can be seen from outside, it is
/// entered plainly; should it have to wait after all, the request is begun again, suspendably, on a
/// pristine instance, and the pool remembers.
class GuestRun {
 public:
  enum class State : std::uint8_t {
    needsInstance,  ///< begin() it
    ready,          ///< perform() it, then settle() it
    waiting,        ///< resume() or cancel() it
    finished,
  };

  struct Limits {
    /// CPU and wall time, unless the app has a quota: then that says.
    std::chrono::nanoseconds cpu;
    std::chrono::steady_clock::time_point deadline;
    std::chrono::steady_clock::time_point start{};  ///< of the request
    /// Once set, nobody waits for the answer any more, and the guest is ended. May be nullptr.
    const std::atomic<bool>* abandoned = nullptr;
  };

  /// Needs an instance.
  GuestRun(ShardEngine& shard, InstancePool& pool, Exchange& exchange, const Limits& limits);
  /// REQUIRES: not being performed. An instance still held is dropped; then the pool is home.
  ~GuestRun();
  GuestRun(const GuestRun&) = delete;
  GuestRun& operator=(const GuestRun&) = delete;

  /// `instance` was acquired from the pool, and initialising it for this request took `initCpu`; it
  /// is given back when the run finishes, or needs another. REQUIRES: needs an instance.
  State begin(Instance& instance, std::chrono::nanoseconds initCpu);
  /// Runs the guest on the calling thread until it returns, waits or is ended. Touches nothing but
  /// the pool, the exchange and this. REQUIRES: ready.
  void perform();
  /// What comes next. REQUIRES: performed.
  State settle();
  /// REQUIRES: waiting. Ready, finished, or waiting again afterwards.
  State resume();
  /// Ends it from outside, whatever it waits for. REQUIRES: not being performed. Finished
  /// afterwards.
  void cancel(Reason reason);

  // Once finished:
  /// Why the answer is not the guest's own; none if the exchange was finished by it.
  Reason reason() const { return reason_; }
  /// One line for the app's log; empty if there is nothing to say.
  const std::string& detail() const { return detail_; }
  /// Where the guest stood if it trapped, was ended by a host function with an error, or ran out of
  /// time; else empty. For wasm::stackLines() with the module's symbols.
  const std::vector<std::uint32_t>& stack() const { return stack_; }
  std::chrono::nanoseconds cpu() const { return cpu_; }
  /// If a limit of time ended it: by how much it was exceeded.
  std::chrono::nanoseconds late() const { return late_; }
  ResetHow reset() const { return reset_; }

 private:
  enum class Phase : std::uint8_t {
    idle,
    entering,   ///< ready: a call is to be entered
    resuming,   ///< ready: a suspended call is to go on
    performed,  ///< what it came to is in outcome_
    suspended,
    awaiting,
    finished,
  };
  /// What performing came to.
  struct Outcome {
    std::uint8_t call = 0;  ///< GuestCall::State
    Reason terminated = Reason::none;
  };

  State proceed(const Step& step);
  State ended();
  State terminated(Reason reason);
  State beginAgain();
  void makeContext();
  void dropContext();
  void unwind(IsolateLock& lock, Reason reason);
  void saveRequest();
  void restoreExchange();
  State finish(Reason reason, std::string detail, InstanceFate fate);

  ShardEngine& shard_;
  InstancePool& pool_;
  Instance* instance_ = nullptr;
  Exchange& exchange_;
  const Limits limits_;
  std::optional<HostContext> ownContext_;
  std::unique_ptr<HostContext>
      initialContext_;              ///< instead: that of this instance's initialisation
  HostContext* context_ = nullptr;  ///< the one of both that there is
  /// The head as the client sent it, while the request may have to be begun again.
  std::string_view savedMethod_;
  std::string_view savedTarget_;
  std::optional<HeaderList> savedHeaders_;
  bool begun_ = false;
  bool plain_ = false;
  std::unique_ptr<GuestCall> call_;
  Step step_;  ///< while entering
  Outcome outcome_;
  Phase phase_ = Phase::idle;
  Reason reason_ = Reason::none;
  std::string detail_;
  std::vector<std::uint32_t> stack_;
  std::chrono::nanoseconds cpu_{};
  std::chrono::nanoseconds late_{};
  ResetHow reset_ = ResetHow::none;
};

}  // namespace skiff
