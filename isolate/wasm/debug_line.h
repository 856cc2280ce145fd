#pragma once

#include <cstdint>
#include <span>

#include "isolate/wasm/line_table.h"

namespace skiff::wasm {

/// The sections of DWARF that lines are read from; each may be empty.
struct DebugLineSections {
  std::span<const std::uint8_t> line;     ///< .debug_line
  std::span<const std::uint8_t> lineStr;  ///< .debug_line_str, version 5
  std::span<const std::uint8_t> str;      ///< .debug_str, version 5
};

/// Runs the line number programs of DWARF (versions 2 to 5, section 6.2) and adds their rows to
/// `table`. For WebAssembly addresses are offsets in the code section's body (DWARF for
/// WebAssembly). Total: any bytes, in linear time; a unit that is malformed or of another version
/// is skipped from there on. Paths are the compiler's: directory and file, as it was given them.
void readDebugLine(const DebugLineSections& sections, LineTableBuilder& table);

}  // namespace skiff::wasm
