#include "deploy/module_file.h"

#include <utility>

#include "config/printable.h"
#include "config/regular_file.h"
#include "deploy/digest.h"

namespace skiff {

Result<ModuleFile> readModuleFile(const std::filesystem::path& path, ByteSize maxSize) {
  auto bytes = readRegularFile(path, maxSize);
  if (bytes.has_error()) {
    return Error{"the module " + inQuotes(path.string()) + " " + bytes.error().message};
  }
  std::string digest = sha256Digest(*bytes);
  return ModuleFile{std::move(digest), *std::move(bytes)};
}

std::string readSourceMapFile(const std::filesystem::path& module, ByteSize maxSize) {
  const auto bytes = readRegularFile(module.string() + ".map", maxSize);
  if (bytes.has_error()) return {};
  return std::string(bytes->begin(), bytes->end());
}

}  // namespace skiff
