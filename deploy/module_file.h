#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "config/byte_size.h"
#include "config/result.h"

namespace skiff {

/// A module's bytes and the digest that names its version.
struct ModuleFile {
  std::string digest;
  std::vector<std::uint8_t> bytes;
};

/// Reads a module from a file. Refuses what is not a regular file or is larger than `maxSize`.
Result<ModuleFile> readModuleFile(const std::filesystem::path& path, ByteSize maxSize);

}  // namespace skiff
