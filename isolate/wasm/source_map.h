#pragma once

#include <cstdint>
#include <string_view>

#include "config/byte_size.h"
#include "isolate/wasm/line_table.h"

namespace skiff::wasm {

/// A source map that is larger than this is not read.
inline constexpr ByteSize kLargestSourceMap = 16_MiB;

/// Adds what a source map (ECMA-426, version 3, as the AssemblyScript compiler writes it) says of a
/// module: its generated columns are offsets in the module, all on one line. `codeStart` is where
/// the code section's body begins. Total: any text, in linear time; what is not well-formed is left
/// out from there on.
void readSourceMap(std::string_view json, std::uint32_t codeStart, LineTableBuilder& table);

}  // namespace skiff::wasm
