#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/byte_size.h"
#include "isolate/abi/entry_abi.h"
#include "isolate/wasm/module.h"
#include "isolate/wasm/symbols.h"

namespace skiff {

/// What a module is made into depends on, beside its own bytes.
struct PlanLimits {
  ByteSize maxModule = 64_MiB;
  ByteSize memory = 128_MiB;  ///< cap on linear memory
};

/// What a module's bytes alone tell of it, and what they are rewritten to: all of its preparation
/// that needs no engine. The same for the same bytes, limits and build of skiff, so that it can be
/// kept (a module of 1 MiB takes 10 ms to parse and rewrite).
struct ModulePlan {
  const EntryAbi* abi = nullptr;
  bool grows = false;  ///< its instances ask before their memory grows
  /// Where the guest wants to be told that its CPU time is nearly used up.
  std::optional<std::uint32_t> signalAddress;
  bool mayWait = false;  ///< imports something that can suspend it
  std::uint32_t savedGlobals = 0;
  std::size_t initialMemory = 0;          ///< bytes of linear memory that it begins with
  std::size_t heapBytes = 0;              ///< what an instance takes on the engine's heap at most
  std::vector<bool> entries;              ///< entry points of the ABI that exist
  std::vector<std::string> initialisers;  ///< exports to call, in order, before the first request
  std::string notResettable;              ///< why it cannot be; empty if it can
  wasm::Symbols symbols;

  std::vector<std::uint8_t> bytes;  ///< the rewritten module
  std::size_t codeSize = 0;         ///< of its code section
  std::size_t functions = 0;        ///< that it defines
  std::string codeName;             ///< see NativeCompiler::nameOf; empty if nobody keeps its code
  /// The engine has found it valid as its author made it.
  bool isKnownValid = false;
};

/// Parses, checks and rewrites a module. Total: any bytes give a plan or the reason why not.
/// `sourceMap`: see wasm::Symbols.
wasm::ModuleResult<ModulePlan> planModule(std::span<const std::uint8_t> bytes,
                                          std::string_view sourceMap, const PlanLimits& limits);

/// The plan as bytes, for readPlan() of the same build of skiff.
std::vector<std::uint8_t> writePlan(const ModulePlan& plan);
/// Nothing if the bytes are no whole plan.
std::optional<ModulePlan> readPlan(std::span<const std::uint8_t> bytes);

}  // namespace skiff
