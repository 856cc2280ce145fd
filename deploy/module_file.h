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

/// The source map of a module: the file of its name and ".map". Empty if there is none that can be
/// read, or if it is larger than `maxSize`: no module is refused for it.
std::string readSourceMapFile(const std::filesystem::path& module, ByteSize maxSize);

}  // namespace skiff
