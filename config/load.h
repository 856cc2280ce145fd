#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/result.h"

namespace skiff {

/// One thing wrong in a configuration file.
struct Diagnostic {
  std::string file;
  std::size_t line = 0;    ///< from 1; 0 if it concerns the file as a whole
  std::size_t column = 0;  ///< from 1
  /// What is wrong and what to do, with the nearest known key if a key is unknown.
  std::string message;

  std::string text() const;  ///< "file:line:column: message"
};

using Diagnostics = std::vector<Diagnostic>;

/// Reads TOML text into a Config, or reports everything that is wrong with it, in the order of the
/// file. Total: any text gives one or the other. Relative paths are taken from `file`'s folder.
/// Modules and directories are not opened.
Result<Config, Diagnostics> parseConfig(std::string_view text, const std::filesystem::path& file);

/// The same for a file. A file that cannot be read is one diagnostic.
Result<Config, Diagnostics> loadConfig(const std::filesystem::path& file);

}  // namespace skiff
