#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "isolate/abi/entry_abi.h"
#include "isolate/code_budget.h"
#include "isolate/guest_settings.h"
#include "isolate/memory/memory_image.h"
#include "isolate/module_plan.h"
#include "isolate/wasm/module.h"
#include "isolate/wasm/rewrite.h"
#include "isolate/wasm/symbols.h"

namespace skiff {

class Compiler;
class Engine;
class InstanceBudget;
class Nursery;
class SpareInstance;
class Watchdog;

/// What lets the instance of a trial be kept: where its isolate comes from, and what it is counted
/// in.
struct SpareSource {
  Nursery& nursery;
  InstanceBudget& budget;
};

/// What preparation needs of an app.
struct PrepareRequest {
  std::span<const std::uint8_t> bytes;  ///< as its author made it; none with a plan known as valid
  std::string_view sourceMap;           ///< see wasm::Symbols; empty for none
  std::string digest;
  GuestSettings settings;
  Limits limits;
  Reuse reuse = Reuse::pristine;
  Snapshot snapshot = Snapshot::automatic;
  ByteSize maxModule = 64_MiB;
  /// Initialise it once, on trial, and take the image. Else it is only checked and compiled: for
  /// what runs once.
  bool trial = true;
  /// nullptr: the trial's isolate is made for it, and goes with it.
  const SpareSource* spares = nullptr;
};

/// A version's state after initialisation, from which its instances are made.
struct PristineImage {
  std::shared_ptr<const MemoryImage> memory;
  /// Mutable globals by their index in wasm/rewrite.h's accessors: low and high 64 bits.
  std::vector<std::array<std::uint64_t, 2>> globals;
};

/// A version ready to be instantiated: checked, rewritten, compiled, and initialised once on trial.
/// Immutable and shared by all shards.
class PreparedModule {
 public:
  /// What V8 keeps of it.
  struct Compiled;

  PreparedModule();
  ~PreparedModule();
  PreparedModule(const PreparedModule&) = delete;
  PreparedModule& operator=(const PreparedModule&) = delete;

  std::string digest;
  GuestSettings settings;
  Limits limits;
  Reuse reuse = Reuse::pristine;
  const EntryAbi* abi = nullptr;
  std::uint32_t features = 0;  ///< http-wasm features that it enabled while it initialised
  bool grows = false;          ///< its instances ask before their memory grows
  /// Where the guest wants to be told that its CPU time is nearly used up.
  std::optional<std::uint32_t> signalAddress;
  bool mayWait = false;  ///< imports something that can suspend it
  /// What it does before it first waits cannot be seen from outside (it has no origin, no
  /// directories), so that it can be entered plainly and begun again if it turns out to wait.
  bool repeatable = false;
  std::uint32_t savedGlobals = 0;
  std::size_t initialMemory = 0;          ///< bytes of linear memory that it begins with
  std::vector<bool> entries;              ///< entry points of the ABI that exist
  std::vector<std::string> initialisers;  ///< exports to call, in order, before the first request
  /// Nothing if every request needs an instance initialised anew; then `whyNoImage` says why.
  std::optional<PristineImage> image;
  std::string whyNoImage;
  wasm::Symbols symbols;  ///< what its traps are told with
  /// Bytes of linear memory that a new instance has.
  std::size_t instanceMemory() const { return image ? image->memory->size() : initialMemory; }

  /// What an instance takes on the engine's heap at most, its tables at their maximum included.
  std::size_t heapBytes = 0;
  CodeBudget::Part code;  ///< what its code is counted as
  std::chrono::microseconds compileTime{};
  bool stored = false;  ///< its machine code was there already: compileTime is that of restoring it
  std::chrono::microseconds initTime{};
  std::unique_ptr<Compiled> compiled;

  /// What is left of its trial, for the first who asks; nullptr if there is nothing. Any thread.
  std::unique_ptr<SpareInstance> takeSpare() const;
  void setSpare(std::unique_ptr<SpareInstance> spare) const;

 private:
  mutable std::mutex spareMutex_;
  mutable std::unique_ptr<SpareInstance> spare_;  ///< goes before what its instance refers to
};

/// Prepares a module; `compiler` brings it into the engine. Takes as long as compiling takes (0.1 s
/// per 0.5 MB of code and core) and must not be called on a shard's thread. Total: any bytes give a
/// module or the reason why not.
wasm::ModuleResult<std::shared_ptr<const PreparedModule>> prepareModule(Engine& engine,
                                                                        Watchdog& watchdog,
                                                                        Compiler& compiler,
                                                                        PrepareRequest request);

/// The same with what is known of the module; its codeName is what `compiler` calls its bytes.
wasm::ModuleResult<std::shared_ptr<const PreparedModule>> prepareModule(Engine& engine,
                                                                        Watchdog& watchdog,
                                                                        Compiler& compiler,
                                                                        PrepareRequest request,
                                                                        ModulePlan plan);

}  // namespace skiff
