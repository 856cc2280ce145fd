#pragma once

#include <filesystem>
#include <string>

#include "config/result.h"

namespace skiff::cli {

/// Tells when a file may have changed. It looks at the file's folder, so that compilers which
/// replace the file, or take it away for a while, are noticed as well. One thread.
class FileWatch {
 public:
  static Result<FileWatch> on(const std::filesystem::path& file);
  ~FileWatch();
  FileWatch(FileWatch&& other) noexcept;
  FileWatch& operator=(FileWatch&&) = delete;

  /// Readable once something happened in the folder.
  int descriptor() const { return descriptor_; }
  /// Takes what happened; whether any of it was about the file. Does not wait.
  bool takeChanges();

 private:
  FileWatch(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {}

  int descriptor_;  ///< inotify
  std::string name_;
};

}  // namespace skiff::cli
