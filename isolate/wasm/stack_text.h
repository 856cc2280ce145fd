#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "isolate/wasm/symbols.h"

namespace skiff::wasm {

/// No line of a stack is longer than this, in bytes: so one of 32 frames stays below 8 KiB.
inline constexpr std::size_t kLongestStackLine = 250;

/// A stack for people, a line a frame and innermost first:
///   at divide (shop.c:41) [function 12, offset 0x1a3]
///   at function 7 [offset 0x120]
/// `rewritten` are offsets in the module that the engine runs; frames that preparation put in are
/// left out. Names and paths are the module's, so hostile: they come out as printable UTF-8, cut to
/// size. Offsets are those of the author's module, as disassemblers show them.
std::vector<std::string> stackLines(const Symbols& symbols,
                                    std::span<const std::uint32_t> rewritten);

}  // namespace skiff::wasm
