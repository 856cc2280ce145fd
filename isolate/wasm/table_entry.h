#pragma once

#include "isolate/wasm/constant_expression.h"
#include "isolate/wasm/module.h"
#include "isolate/wasm/reader.h"

namespace skiff::wasm {

/// A table's definition and where in the module its limits lie.
struct TableEntry {
  Limits limits;
  std::size_t typeBegin = 0;  ///< of its elements; ends where the limits begin
  std::size_t limitsBegin = 0;
  std::size_t limitsEnd = 0;
};

/// Reads an entry of the table section (5.5.7), with its initial value if it has one.
TableEntry readTableEntry(Reader& reader, const IndexSpaces& spaces);

}  // namespace skiff::wasm
