#pragma once

#include <filesystem>

#include "bench/compare/places.h"

namespace skiff::bench {

enum class Baseline { compare, update };

/// Counts the daemon's instructions per request of hello, static and handler, in user space, prints
/// them beside those of the baseline file, and answers whether none is more than 5 % above. With
/// `update` it writes the file instead. Throws if they cannot be counted, or compared: a baseline
/// holds for the way in which it was counted.
bool gate(const Places& places, const std::filesystem::path& file, Baseline what);

}  // namespace skiff::bench
