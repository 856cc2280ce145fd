#pragma once

#include <cstdint>

#include "isolate/wasm/writer.h"

namespace skiff::wasm {

/// The body of a function (i32 pages) -> i32 that does what memory.grow of `memory` does, but asks
/// first: a function of the same type in the global `mayGrow`. Answers it 0, the growth fails as
/// one beyond the memory's maximum does. If it fails though it was granted, it says so: another
/// call, with kGrowthFailed (abi/growth.h). Looks for a termination, too.
Writer growthBody(std::uint32_t memory, std::uint32_t mayGrow, std::uint32_t type);

}  // namespace skiff::wasm
