#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "isolate/files/file.h"

namespace skiff::wasi {

/// What a guest's descriptor stands for. Rights only ever shrink.
struct Descriptor {
  enum class Kind : std::uint8_t {
    input,  ///< the standard streams, in the order of their numbers
    output,
    errorOutput,
    file,
    directory,
  };

  Kind kind = Kind::file;
  std::uint16_t flags = 0;  ///< `fdflags`, as the guest set them
  Rights rights = 0;
  Rights inheriting = 0;       ///< the most that what is opened through it may have
  std::shared_ptr<File> file;  ///< of a file or directory; a preopened one's comes at its first use
  /// Of a preopened directory: the guest's name for it. Not owned; lives as long as the settings.
  const std::string* preopen = nullptr;
  /// Of a preopened directory: where it is on the machine; nullptr: "/tmp" in memory.
  const std::filesystem::path* host = nullptr;

  bool isStream() const { return kind <= Kind::errorOutput; }
  bool isDirectory() const { return kind == Kind::directory; }
  FileType type() const {
    if (isStream()) return FileType::unknown;
    return isDirectory() ? FileType::directory : FileType::regularFile;
  }
};

}  // namespace skiff::wasi
