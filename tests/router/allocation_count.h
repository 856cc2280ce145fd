#pragma once

#include <cstddef>

namespace skiff::testing {

/// How often this thread has called operator new so far. Linking this replaces operator new.
std::size_t allocationCount();

}  // namespace skiff::testing
