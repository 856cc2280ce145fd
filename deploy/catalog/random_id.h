#pragma once

#include <cstddef>
#include <string>

namespace skiff {

/// Two hexadecimal digits for each of that many random bytes, fit for what must not be guessed.
std::string randomId(std::size_t bytes);

}  // namespace skiff
