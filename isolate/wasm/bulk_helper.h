#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "isolate/wasm/writer.h"

namespace skiff::wasm {

/// What a bulk instruction reads or writes: a memory, a table or a segment.
struct Extent {
  enum class Kind : std::uint8_t { memory, table, segment };
  Kind kind;
  std::uint32_t index = 0;
  bool is64 = false;              ///< addressed by i64
  std::uint32_t segmentSize = 0;  ///< before a drop
};

/// memory.fill, memory.copy, memory.init, or the same of tables. Its operands are where to write,
/// where to read or what to fill with, and how much.
struct BulkInstruction {
  std::uint32_t opcode = 0;  ///< behind kMiscPrefix
  std::array<std::uint32_t, 2> immediates{};
  Extent destination;
  std::optional<Extent> source;                ///< nothing if it fills
  std::span<const std::uint8_t> filledWith{};  ///< the value's type, of one that fills
};

/// A function that does what the instruction does, in pieces of at most `piece` bytes or elements,
/// and looks for a termination at its beginning and between them: its type, written as in a type
/// section, and its body with locals.
///
/// Exact: what is out of bounds traps as the instruction does, before anything is written, since it
/// is then the instruction itself that is executed with the operands as they came; what overlaps is
/// copied from the right end. (No other thread can shrink or drop anything in between: memories are
/// not shared.)
void writeBulkType(Writer& to, const BulkInstruction& instruction);
Writer bulkBody(const BulkInstruction& instruction, std::uint32_t piece);

/// An instruction that does nothing but let V8 look for a termination: an empty loop. V8 keeps the
/// look at a loop's head also where it inlines the function around it, unlike that at its entry.
void writeTerminationCheck(Writer& to);

}  // namespace skiff::wasm
