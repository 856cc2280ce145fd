#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "config/byte_size.h"
#include "config/result.h"

namespace skiff {

/// The whole content of a file. Refuses what is not a regular file (links to one are followed) and
/// what is larger than `maxSize`, without reading more than that; never waits for a pipe's other
/// end. The error is a reason only, "is a directory, ...": the caller names the path.
Result<std::vector<std::uint8_t>> readRegularFile(const std::filesystem::path& path,
                                                  ByteSize maxSize);

/// Whether two descriptors are of one file, or folder.
bool isSameFile(int one, int other);

}  // namespace skiff
