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

}  // namespace skiff
