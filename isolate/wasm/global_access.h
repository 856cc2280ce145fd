#pragma once

#include <cstdint>
#include <span>

#include "isolate/wasm/module.h"
#include "isolate/wasm/writer.h"

/// Code that reads, sets, saves and restores a module's mutable globals (rewrite.h says what each
/// is exported as).
namespace skiff::wasm {

struct SavedGlobal {
  std::uint32_t global;
  std::uint32_t shadow;
  ValueType type;  ///< not a reference
};

/// Instructions, without `end`, that copy all globals to their shadows.
void writeSave(Writer& to, std::span<const SavedGlobal> globals);
/// The same the other way round.
void writeRestore(Writer& to, std::span<const SavedGlobal> globals);

/// Whole function bodies: (i32 index, i32 half) -> i64, and (i32 index, i64 low, i64 high) -> ().
Writer getterBody(std::span<const SavedGlobal> globals);
Writer setterBody(std::span<const SavedGlobal> globals);

}  // namespace skiff::wasm
