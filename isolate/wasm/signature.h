#pragma once

#include <string_view>
#include <vector>

#include "isolate/wasm/module.h"

namespace skiff::wasm {

/// The value types of a host function's or entry point's letters: 'i' is i32, 'I' is i64.
std::vector<ValueType> valueTypes(std::string_view letters);
/// The same for a result: one letter, or 0 for none.
std::vector<ValueType> resultTypes(char letter);

}  // namespace skiff::wasm
