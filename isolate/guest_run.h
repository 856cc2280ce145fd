#pragma once

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

/// One request served by one instance, from the ABI's first step to its last. Runs the guest on the
/// calling thread; where the guest would wait, it comes back, and resume() goes on when the
/// exchange's listener is told. One thread.
///
/// Entering a guest so that it can be suspended costs several times a plain entry, and few requests
/// ever wait. So where nothing that a guest does before it waits can be seen from outside, it is
/// entered plainly; should it have to wait after all, the request is begun again, suspendably, on a
/// pristine instance, and the pool remembers.
class GuestRun {
 public:
  enum class State : std::uint8_t { waiting, finished };

  struct Limits {
    std::chrono::nanoseconds cpu;
    std::chrono::steady_clock::time_point deadline;
    /// Of `cpu`, what initialising the instance for this request has used already.
    std::chrono::nanoseconds used{};
  };

  /// `instance` was acquired from `pool`; it is given back when the run finishes.
  GuestRun(ShardEngine& shard, InstancePool& pool, Instance& instance, Exchange& exchange,
           const Limits& limits);
  /// REQUIRES: finished or never started. An instance still held is dropped.
  ~GuestRun();
  GuestRun(const GuestRun&) = delete;
  GuestRun& operator=(const GuestRun&) = delete;

  State start();
  /// REQUIRES: waiting.
  State resume();
  /// Ends it from outside, whatever it waits for. REQUIRES: waiting. Finished afterwards.
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
  ResetHow reset() const { return reset_; }

 private:
  enum class Phase : std::uint8_t { idle, suspended, awaiting, finished };

  State proceed(Step step);
  /// The call returned, was suspended, or failed: what comes next.
  State settle(std::uint8_t callState, Reason terminated);
  template <class Enter>
  State activate(Enter enter);
  State begin();
  State beginAgain();
  void makeContext();
  void dropContext();
  void unwind(IsolateLock& lock, Reason reason);
  void saveRequest();
  void restoreExchange();
  State finish(Reason reason, std::string detail, InstanceFate fate);

  ShardEngine& shard_;
  InstancePool& pool_;
  Instance* instance_;
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
  bool plain_ = false;
  std::unique_ptr<GuestCall> call_;
  std::uint8_t entry_ = 0;
  Phase phase_ = Phase::idle;
  Reason reason_ = Reason::none;
  std::string detail_;
  std::vector<std::uint32_t> stack_;
  std::chrono::nanoseconds cpu_{};
  ResetHow reset_ = ResetHow::none;
};

}  // namespace skiff
