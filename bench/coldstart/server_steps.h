#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace skiff::bench {

/// The steps of skiffd's Server-Timing field, in their order.
inline constexpr std::array<std::string_view, 7> kServerSteps{
    "route", "queue", "isolate", "module", "instantiate", "init", "guest"};

using ServerSteps = std::array<std::int64_t, kServerSteps.size()>;  ///< nanoseconds of each

/// What the field says, "route;dur=0.012, guest;dur=0.105"; steps that it does not name are zero,
/// names that are none of the steps are left out.
ServerSteps readServerSteps(std::string_view field);

}  // namespace skiff::bench
