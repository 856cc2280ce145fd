#pragma once

#include <cstddef>

namespace skiff {

/// Makes [to, to + length) equal to [from, from + length), writing only the stretches of 256 bytes
/// that differ: a request changes little of the pages that it dirties, and reading a page costs
/// less than writing it. REQUIRES: both are page-aligned, `length` is a multiple of the page size.
void restoreBytes(std::byte* to, const std::byte* from, std::size_t length);

/// The same with zeros.
void clearBytes(std::byte* to, std::size_t length);

}  // namespace skiff
