#pragma once

#include <cstdint>

#include "isolate/wasm/reader.h"

namespace skiff::wasm {

/// What constant expressions may refer to so far.
struct IndexSpaces {
  std::size_t types = 0;
  std::size_t functions = 0;
  std::size_t globals = 0;
};

/// Passes a constant expression (WebAssembly 3.0, 3.4.16) with its `end`. Types of operands are
/// left to V8; indices are checked.
void skipConstantExpression(Reader& reader, const IndexSpaces& spaces);

}  // namespace skiff::wasm
