#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "config/toml_reader.h"

namespace skiff {

/// The folder that a configuration's relative paths start from: its own.
class PathBase {
 public:
  /// No folder: relative paths are refused.
  PathBase() = default;
  /// REQUIRES: `folder` is absolute.
  explicit PathBase(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Absolute and normalised: no ".", "..", doubled or trailing slash. Links are not followed.
  /// REQUIRES: there is a folder, or `path` is absolute.
  std::filesystem::path resolve(std::string_view path) const;

  /// The same for the value of `key`. Nothing, and a report, if no file can have that path.
  std::optional<std::filesystem::path> resolve(std::string_view key, const LocatedText& path,
                                               TableReader& table) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace skiff
