#pragma once

#include "isolate/host_function.h"

namespace skiff {

/// What prepared modules call before their memory grows (wasm/growth_helper.h); guests cannot
/// import it.
const HostModule& growthModule();

/// (i32 pages) -> i32: 1 if the guest's memory may grow by so much, which is counted then.
inline constexpr std::string_view kMayGrow = "may_grow";

}  // namespace skiff
