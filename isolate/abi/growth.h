#pragma once

#include <cstdint>
#include <string_view>

#include "isolate/host_function.h"

namespace skiff {

/// What prepared modules call before their memory grows (wasm/growth_helper.h); guests cannot
/// import it.
const HostModule& growthModule();

/// (i32 pages) -> i32: 1 if the guest's memory may grow by so much, which is counted then. With
/// kGrowthFailed: it was let grow by so much, and could not.
inline constexpr std::string_view kMayGrow = "may_grow";
inline constexpr std::uint32_t kGrowthFailed = 0x8000'0000;  ///< above any number of pages

}  // namespace skiff
