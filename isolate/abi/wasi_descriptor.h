#pragma once

#include <unistd.h>

#include <cstdint>
#include <utility>

#include "config/config.h"
#include "isolate/abi/wasi_types.h"

namespace skiff::wasi {

/// Owns a file descriptor of the system.
class OwnedFile {
 public:
  OwnedFile() = default;
  explicit OwnedFile(int file) : file_(file) {}
  OwnedFile(OwnedFile&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  OwnedFile& operator=(OwnedFile&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  ~OwnedFile() {
    if (file_ >= 0) ::close(file_);
  }

  int get() const { return file_; }
  explicit operator bool() const { return file_ >= 0; }

 private:
  int file_ = -1;
};

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
  Rights inheriting = 0;  ///< the most that what is opened through it may have
  OwnedFile file;  ///< of a file or directory; a granted directory is opened at its first use
  /// Of a granted directory: its grant. Not owned; lives as long as the settings.
  const DirectoryGrant* grant = nullptr;

  bool isStream() const { return kind <= Kind::errorOutput; }
  bool isDirectory() const { return kind == Kind::directory; }
  FileType type() const {
    if (isStream()) return FileType::unknown;
    return isDirectory() ? FileType::directory : FileType::regularFile;
  }
};

}  // namespace skiff::wasi
