#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "isolate/wasm/module.h"

namespace skiff::wasm {

/// Why these bytes do not begin a core WebAssembly module of version 1, or nothing. Says what they
/// are instead where that can be told from their beginning.
std::optional<ModuleError> checkPreamble(std::span<const std::uint8_t> bytes);

}  // namespace skiff::wasm
