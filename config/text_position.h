#pragma once

#include <compare>
#include <cstddef>

namespace skiff {

/// A place in a text file, both from 1; line 0 means the file as a whole.
struct TextPosition {
  std::size_t line = 0;
  std::size_t column = 0;

  auto operator<=>(const TextPosition&) const = default;
};

}  // namespace skiff
