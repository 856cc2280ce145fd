#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "isolate/exchange.h"
#include "isolate/files/file_io.h"
#include "isolate/guest_clock.h"
#include "isolate/guest_memory.h"
#include "isolate/guest_settings.h"
#include "isolate/host_function.h"
#include "quota/quotas.h"

namespace skiff {

/// What an import namespace keeps for one request (or one initialisation): descriptors, cursors,
/// half-done waits. Created at its first use, gone with the request.
class HostState {
 public:
  virtual ~HostState() = default;
  /// Whether what initialisation left here makes a difference to the request after it.
  virtual bool outlastsInitialisation() { return false; }
  /// The context has got its exchange.
  virtual void onRequest() {}
};

/// The import namespaces that keep state.
enum class HostStateSlot : std::uint8_t { wasi, httpHandler, cgi, count };

/// Blocks the calling thread where a request would be suspended: for a program that has a thread of
/// its own.
class BlockingWait {
 public:
  virtual ~BlockingWait() = default;
  /// Comes back when at least one of `what` (WaitFor) may have come about. May be spurious.
  virtual void block(std::uint8_t what, std::chrono::steady_clock::time_point until) = 0;
};

/// What host functions work on: one per request, or per initialisation (then without an exchange).
/// That of an initialisation may go on to serve the request which follows.
/// All calls on the thread that runs the guest.
class HostContext {
 public:
  /// How a host function ended the guest.
  struct Ending {
    enum class Kind : std::uint8_t { trap, exit, memoryLimit } kind;
    int exitCode = 0;
    std::string message;  ///< for trap
  };

  HostContext(const GuestSettings& settings, HostEnvironment& environment, Exchange* exchange)
      : settings_(settings),
        environment_(environment),
        clock_(environment, settings.clock),
        exchange_(exchange) {}

  const GuestSettings& settings() const { return settings_; }
  GuestMemory& memory() { return memory_; }
  void setMemory(GuestMemory memory) { memory_ = memory; }
  HostEnvironment& environment() { return environment_; }
  /// What the guest is to believe of the time.
  GuestClock& clock() { return clock_; }
  /// nullptr while initialising, when no request is there yet, and in a program of its own.
  Exchange* exchange() { return exchange_; }
  /// Nothing else waits for a guest without an exchange. nullptr: such a guest cannot wait.
  void setBlockingWait(BlockingWait* wait) { blockingWait_ = wait; }
  BlockingWait* blockingWait() { return blockingWait_; }
  /// Where calls on files that may block are done; nullptr: on the calling thread. REQUIRES: there
  /// is an exchange.
  void setFileIo(wasi::FileIo* fileIo) { fileIo_ = fileIo; }
  wasi::FileIo* fileIo() { return fileIo_; }
  /// It runs on a shard's thread, which it must not hold up.
  void setOnShard() { onShard_ = true; }
  bool onShard() const { return onShard_; }
  bool canWait() const { return exchange_ || blockingWait_; }

  /// The state of a namespace, made on first use with T(HostContext&).
  template <class T>
  T& state() {
    auto& slot = states_[static_cast<std::size_t>(T::kSlot)];
    if (!slot) slot = std::make_unique<T>(*this);
    return static_cast<T&>(*slot);
  }

  /// The guest runs on a thread that is not its shard's, from now until returnToShard(). Calls on
  /// files are done there.
  void leaveShard() {
    if (std::exchange(left_, true)) return;
    shardFileIo_ = std::exchange(fileIo_, nullptr);
    exchange_->leaveShard();
  }
  void returnToShard() {
    if (std::exchange(left_, false)) fileIo_ = shardFileIo_;
  }

  /// Ends the guest as a trap of its own would, with this message in its log. Returns what the host
  /// function is to return.
  HostResult trap(std::string message) {
    if (!ending_) ending_ = Ending{Ending::Kind::trap, 0, std::move(message)};
    return HostResult::stop();
  }
  /// Ends the guest as proc_exit does.
  HostResult exit(int code) {
    if (!ending_) ending_ = Ending{Ending::Kind::exit, code, {}};
    return HostResult::stop();
  }
  /// Ends the guest because it is over its memory limit, though its memory alone is not.
  HostResult endOverMemory() {
    if (!ending_) ending_ = Ending{Ending::Kind::memoryLimit, 0, {}};
    return HostResult::stop();
  }
  const std::optional<Ending>& ending() const { return ending_; }

  /// After initialisation: descriptors that it opened, files that it made. An image does not hold
  /// them.
  bool outlastsInitialisation() {
    return std::any_of(states_.begin(), states_.end(),
                       [](const auto& state) { return state && state->outlastsInitialisation(); });
  }
  /// Initialisation is over, and a request begins.
  void beginRequest(Exchange& exchange) {
    exchange_ = &exchange;
    ending_.reset();
    for (const auto& state : states_) {
      if (state) state->onRequest();
    }
  }

  /// Feature bits that the guest has enabled; what they mean is its ABI's. What is set when
  /// initialisation ends, every request of its instances starts with: whoever makes the context of
  /// a request sets it.
  std::uint32_t features() const { return features_; }
  void setFeatures(std::uint32_t features) { features_ = features; }

  /// How much memory the guest may have now: what its module was prepared for, or less if its
  /// app's limit was lowered since.
  std::uint64_t memoryLimit() const {
    const AppQuota* const quota = settings_.quota.get();
    return std::min(settings_.memory, quota ? quota->limits.memory() : settings_.memory).bytes();
  }
  /// Whether the guest's memory and what is held for it may be so much more together.
  bool hasRoom(std::uint64_t bytes) { return memory_.size() + heldBytes_ + bytes <= memoryLimit(); }
  /// Memory that the host holds on the guest's behalf and counts as the guest's own: false if its
  /// limit leaves no room for `bytes` more.
  bool takeMemory(std::size_t bytes) {
    if (!hasRoom(bytes) || !memory_.takeFromTotal(bytes)) return false;
    heldBytes_ += bytes;
    return true;
  }
  void giveBackMemory(std::size_t bytes) {
    heldBytes_ -= bytes;
    memory_.giveBackToTotal(bytes);
  }
  /// The guest grew its memory so far that, with what is held for it, it is over its limit.
  bool overMemory() { return memory_.size() + heldBytes_ > memoryLimit(); }
  bool holdsMemory() const { return heldBytes_ != 0; }

  /// The guest asked for what differs from time to time: "randomness", "the time". One phrase,
  /// static. While initialising this forbids sharing its image.
  void noteEntropy(std::string_view what) {
    if (entropy_.empty()) entropy_ = what;
  }
  /// The first that was noted; empty if none was.
  std::string_view entropy() const { return entropy_; }

 private:
  const GuestSettings& settings_;
  HostEnvironment& environment_;
  GuestClock clock_;
  Exchange* exchange_;
  BlockingWait* blockingWait_ = nullptr;
  wasi::FileIo* fileIo_ = nullptr;
  wasi::FileIo* shardFileIo_ = nullptr;
  bool onShard_ = false;
  bool left_ = false;
  GuestMemory memory_;
  std::size_t heldBytes_ = 0;  // before the states, which give back
  std::array<std::unique_ptr<HostState>, static_cast<std::size_t>(HostStateSlot::count)> states_;
  std::optional<Ending> ending_;
  std::uint32_t features_ = 0;
  std::string_view entropy_;
};

}  // namespace skiff
