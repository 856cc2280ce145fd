#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "isolate/abi/entry_abi.h"
#include "isolate/host_function.h"
#include "isolate/wasm/module.h"
#include "isolate/wasm/offset_map.h"

namespace skiff::wasm {

/// Names that preparation exports from a rewritten module. Guests may not export names that begin
/// with "skiff:".
inline constexpr std::string_view kReservedPrefix = "skiff:";
/// () -> (), if there was a start section.
inline constexpr std::string_view kStartExport = "skiff:start";
/// (i32 index, i32 half) -> i64.
inline constexpr std::string_view kGetGlobal = "skiff:get";
/// (i32 index, i64 low, i64 high) -> ().
inline constexpr std::string_view kSetGlobal = "skiff:set";
/// () -> ().
inline constexpr std::string_view kSaveGlobals = "skiff:save";
/// A mutable global: a function (i32 pages) -> i32 that says whether memory may grow. Absent if it
/// never does.
inline constexpr std::string_view kMayGrowGlobal = "skiff:may-grow";
/// Entry point N of the ABI is exported as "skiff:entry:N".
inline constexpr std::string_view kEntryPrefix = "skiff:entry:";

/// A constant global of a guest: the address of its word for signals; see docs/writing-guests.md.
inline constexpr std::string_view kSignalExport = "__skiff_signal";

struct PrepareLimits {
  ByteSize maxModule = 64_MiB;
  ByteSize memory = 128_MiB;                ///< cap on linear memory
  std::uint32_t tableElements = 1'000'000;  ///< cap on the elements of all tables together
};

/// Checks a parsed module against what it is allowed: imports must be in `modules` with the same
/// signature; entry points must exist with the right signature; exactly one memory, not shared, not
/// 64-bit, with a minimum within the limit, and exported as "memory"; tables within the limit; no
/// reserved export names. Each refusal says what, where and what to do (for an unknown import the
/// nearest name that there is).
ModuleResult<void> checkModule(const Module& module, std::span<const HostModule> modules,
                               const EntryAbi& abi, const PrepareLimits& limits);

/// What a prepared module has beside its bytes.
struct Rewritten {
  std::vector<std::uint8_t> bytes;
  /// How many mutable numeric globals are saved and restored; indices of kGetGlobal and kSetGlobal
  /// are below it.
  std::uint32_t savedGlobals = 0;
  bool hasStart = false;
  bool grows = false;  ///< there is a kMayGrowGlobal, to be set before anything runs
  /// Entry points that exist, by index; absent optional ones are false.
  std::vector<bool> entries;
  /// From offsets in `bytes` to offsets in the original module, for its code section; everything
  /// else, the functions that were appended among it, has none.
  OffsetMap offsets;
};

/// Rewrites a module that passed checkModule:
///  - the maximum of the memory and of each table is lowered to the limits (added if there is
///    none); what the tables' minimums leave of the limit is shared out evenly;
///  - what runs for long without the engine looking for a termination is cut into pieces
///    (bounded_code.h);
///  - the start section becomes the export kStartExport;
///  - for each mutable global of numeric or v128 type, in index order, a shadow global is appended;
///    kSaveGlobals copies all globals to their shadows; kGetGlobal reads a global's bits (half 0
///    the low 64 bits, half 1 the high ones of a v128; i32 zero-extended, floats reinterpreted);
///    kSetGlobal sets global and shadow. A module that cannot be reset (Module::notResettable) has
///    no shadows, and savedGlobals is 0; the three functions exist and do nothing;
///  - for each existing entry point a wrapper is appended: entry points with `first` copy the
///    shadows back to the globals, then call the function. A wrapper's parameters are the entry
///    point's. An i64 result r becomes the f64 of ((r >> 32) * 2 + (r & 1)), r unsigned; other
///    results stay.
/// Everything is appended, nothing renumbered; custom sections are kept, but for those that only
/// debuggers read (custom_section.h) and for annotations of instructions (metadata.code.*) where
/// bodies changed. Refused are instructions that skiff does not know.
/// REQUIRES: `module` is what parseModule(bytes) gave.
ModuleResult<Rewritten> rewriteModule(std::span<const std::uint8_t> bytes, const Module& module,
                                      const EntryAbi& abi, const PrepareLimits& limits);

/// Import names of a shim module: for each function of `HostModule` "try:NAME", and once "wait" if
/// one of them may wait.
inline constexpr std::string_view kShimModule = "skiff";
inline constexpr std::string_view kShimWait = "wait";
inline constexpr std::string_view kShimTryPrefix = "try:";

/// The shim module of a namespace: stands between guest and host (docs/architecture.md, "Suspended
/// guests"). For each function it exports NAME with the guest's signature and imports (kShimModule,
/// "try:NAME"), whose i64 parameters are split into two i32 (low first) and whose result is i32 for
/// 'i', f64 for 'I', and i32 for none where it may wait (else none). A function that may wait is:
/// loop { r = try(args); if r == -1 { wait(); continue } return r }, where "wait" is () -> () and
/// suspends. Functions whose every result is valid never answer -1 otherwise. The others begin with
/// an empty loop: host functions called one behind the other take time too, and a loop's head is
/// where a termination strikes.
std::vector<std::uint8_t> buildShim(const HostModule& module);

}  // namespace skiff::wasm
