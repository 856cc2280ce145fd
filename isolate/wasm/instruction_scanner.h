#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "isolate/wasm/reader.h"

/// Walks function bodies: for what an instance cannot be brought back from (docs/architecture.md,
/// "Pristine instances"), and for what runs long ("Limits on time"). It must read immediates
/// exactly as V8 does: a guest could hide a `table.set` in what a sloppier reader takes for an
/// immediate. So whatever it is not certain of counts as unknown, and a module with unknown
/// instructions is refused.
namespace skiff::wasm {

enum class Effect : std::uint8_t {
  resettable,    ///< changes nothing but memory, globals and the stack
  writesTable,   ///< table.set, table.init, table.copy, table.grow, table.fill
  dropsSegment,  ///< elem.drop, data.drop
  collected,     ///< works on structs, arrays or i31 references
  unknown,       ///< not known, or malformed; the reader is anywhere in or behind it
};

/// How long an instruction can run without V8 looking for a termination.
enum class Duration : std::uint8_t {
  brief,  ///< tens of nanoseconds
  slow,   ///< more, but not by its operands: it calls into the engine, allocates or unwinds; tail
          ///< calls, which go on without end
  bulk,   ///< as long as its last operand says: memory.fill, table.copy...
};

struct Instruction {
  Effect effect;
  const char* name;  ///< "table.set" of what is not resettable; else nullptr
  Duration duration = Duration::brief;
  std::uint8_t prefix = 0;   ///< 0 if it has none
  std::uint32_t opcode = 0;  ///< behind the prefix
  /// Its first index immediates; of i32.const the value.
  std::array<std::uint32_t, 2> immediates{};
};

/// Reads the locals in front of a body's instructions.
void skipLocals(Reader& body);

/// Reads one instruction with its immediates.
Instruction readInstruction(Reader& reader);

/// Reads a function body, locals first, up to the reader's end or to the first instruction that is
/// not resettable; of that, one sentence. `function` is its index, for the sentence.
std::optional<std::string> findUnresettable(Reader& body, std::uint32_t function);

}  // namespace skiff::wasm
