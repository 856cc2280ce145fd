#pragma once

#include <string>
#include <string_view>

namespace skiff::bench {

/// What the pictures have in common.

/// Text as it may stand in an element.
std::string escaped(std::string_view text);
/// 0.57, 4.25, 1234.
std::string shortNumber(double value);
/// Ours is blue, everybody else's grey.
const char* colourOf(std::string_view label);

}  // namespace skiff::bench
