#pragma once

#include <v8.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "isolate/guest_call.h"
#include "isolate/guest_isolate.h"
#include "isolate/guest_memory.h"
#include "isolate/memory/tracked_memory.h"
#include "isolate/prepared_module.h"
#include "isolate/shard_engine.h"
#include "quota/guest_thread.h"
#include "quota/memory_account.h"

namespace skiff {

/// How long the steps of making an instance took.
struct InstanceTimes {
  std::chrono::nanoseconds instantiate{};
  std::chrono::nanoseconds init{};
  std::chrono::nanoseconds initCpu{};  ///< CPU time of both, as the request is to be charged
};

/// What an initialisation may take.
struct InitBudget {
  std::chrono::nanoseconds cpu;
  std::chrono::nanoseconds wall;
  AppQuota* quota = nullptr;                ///< whose account it is on
  const std::atomic<bool>* ends = nullptr;  ///< see ActivationBudget
};

/// Why there is no instance: `overloaded` if it was not the guest's doing.
struct InstanceError {
  Reason reason = Reason::overloaded;
  std::string message;
  bool wasMade = true;  ///< the engine holds what there was of it until it collects garbage
};

template <class T>
using InstanceResult = Result<T, InstanceError>;

/// One WebAssembly instance in its isolate. One thread at a time.
class Instance final : public GuestMemorySource {
 public:
  /// Instantiates without initialising: for the trial that makes the image. `quota`: where its
  /// memory is counted; nullptr for nowhere.
  static InstanceResult<std::unique_ptr<Instance>> create(
      IsolateLock& lock, v8::Local<v8::WasmModuleObject> module, const PreparedModule& prepared,
      std::shared_ptr<AppQuota> quota = nullptr);
  /// An instance in its pristine state: a clone of the image, or initialised anew if there is none,
  /// within what one request of the app may take.
  static InstanceResult<std::unique_ptr<Instance>> createPristine(
      IsolateLock& lock, v8::Local<v8::WasmModuleObject> module, const PreparedModule& prepared,
      ShardEngine& shard, const HotPages& hot, InstanceTimes& times);

  /// The same with one that create() made, and that was initialised and captured since.
  static InstanceResult<std::unique_ptr<Instance>> adopt(IsolateLock& lock,
                                                         std::unique_ptr<Instance> tried,
                                                         ShardEngine& shard, const HotPages& hot,
                                                         InstanceTimes& times);

  /// Frees its memory's pages; the engine frees the addresses when it gets to it. REQUIRES: its
  /// isolate is entered.
  ~Instance();

  /// Runs the initialisers. REQUIRES: called once, on an instance from create().
  InstanceResult<void> initialise(IsolateLock& lock, HostContext& context, GuestThread& thread,
                                  const InitBudget& budget, std::chrono::nanoseconds& cpu);
  /// Makes the globals as they are now those that each request begins with.
  Result<void> saveGlobals(IsolateLock& lock);
  /// The memory and globals as they are now.
  Result<PristineImage> capture(IsolateLock& lock);

  /// The entry point's function for that kind of entry. REQUIRES: the entry point exists.
  v8::Local<v8::Function> entry(IsolateLock& lock, std::uint8_t index, GuestCall::Entry kind);
  /// REQUIRES: its isolate is entered.
  std::span<std::byte> currentMemory() override;
  bool takeFromTotal(std::uint64_t bytes) override {
    mayHaveGrown_ = true;  // it is asked for before the memory grows
    return charge_->take(bytes);
  }
  void giveBackToTotal(std::uint64_t bytes) override { charge_->giveBack(bytes); }
  TrackedMemory* tracked() { return tracked_.get(); }

  /// Brings it back to its image after a request; `none` if it must be dropped.
  ResetHow reset();
  /// Whether that touches little, unless the guest has had the time to touch much.
  bool resetsQuickly();
  /// Frees the pages of its memory, whose contents nobody needs any more. REQUIRES: it will be
  /// dropped, and its isolate is entered.
  void discardMemory();
  /// The host's side of its initialisation, if that left something there; for its first request.
  std::unique_ptr<HostContext> takeInitialContext() { return std::move(initialContext_); }
  std::size_t ownBytes() const { return tracked_ ? tracked_->ownBytes() : initialSize_; }

 private:
  static constexpr std::size_t kMaxEntries = 4;

  Instance(GuestIsolate& isolate, const PreparedModule& prepared, std::shared_ptr<AppQuota> quota)
      : isolate_(isolate), prepared_(prepared), charge_(std::in_place, std::move(quota)) {}

  v8::MaybeLocal<v8::Function> exportedFunction(IsolateLock& lock, std::string_view name) const;
  Result<void> attachImage(IsolateLock& lock, const PristineImage& image, ResetMode mode,
                           const HotPages& hot);
  bool setGlobals(IsolateLock& lock, const PristineImage& image);
  bool connectGrowth(IsolateLock& lock);
  bool growTo(IsolateLock& lock, std::size_t bytes);

  GuestIsolate& isolate_;
  const PreparedModule& prepared_;
  std::optional<MemoryCharge> charge_;  ///< always; another one once it is adopted
  v8::Global<v8::Object> exports_;
  v8::Global<v8::WasmMemoryObject> memory_;
  std::array<v8::Global<v8::Function>, kMaxEntries> plainEntries_;
  std::array<v8::Global<v8::Function>, kMaxEntries> suspendableEntries_;  ///< made at first use
  std::byte* base_ = nullptr;
  std::size_t initialSize_ = 0;
  bool mayHaveGrown_ = true;  ///< else base_ and initialSize_ say where the memory is
  std::unique_ptr<TrackedMemory> tracked_;
  std::unique_ptr<HostContext> initialContext_;
};

}  // namespace skiff
