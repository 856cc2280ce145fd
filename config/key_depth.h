#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "config/text_position.h"

namespace skiff {

/// The most parts a dotted key or a table's header may have ("tenant.app.limits" has three).
inline constexpr std::size_t kMostKeyParts = 16;

/// The first key with more than kMostKeyParts parts, if there is one. A dotted key makes one nested
/// table per part, and the parser frees nested tables recursively: without this bound a line of
/// some 100,000 parts ends the process with a stack overflow. To be asked before parsing.
std::optional<TextPosition> findTooDeepKey(std::string_view text);

}  // namespace skiff
