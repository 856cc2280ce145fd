#include "config/path_base.h"

#include "config/printable.h"

namespace skiff {

std::filesystem::path PathBase::resolve(std::string_view path) const {
  std::filesystem::path resolved = (folder_ / path).lexically_normal();
  if (!resolved.has_filename() && resolved != resolved.root_path()) {
    resolved = resolved.parent_path();  // "site/" is "site" and an empty name
  }
  return resolved;
}

std::optional<std::filesystem::path> PathBase::resolve(std::string_view key,
                                                       const LocatedText& path,
                                                       TableReader& table) const {
  if (path.value.empty()) {
    table.report(path.where, std::string(key) + " is empty; write a path");
    return std::nullopt;
  }
  if (path.value.find('\0') != std::string::npos) {
    table.report(path.where, std::string(key) + " holds a NUL character; no path can");
    return std::nullopt;
  }
  if (folder_.empty() && !path.value.starts_with('/')) {
    table.report(path.where, std::string(key) + ": " + inQuotes(path.value) +
                                 " is not absolute, and there is no folder that it could start "
                                 "from; begin it with \"/\"");
    return std::nullopt;
  }
  return resolve(path.value);
}

}  // namespace skiff
