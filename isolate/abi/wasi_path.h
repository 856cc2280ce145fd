#pragma once

#include <cstdint>
#include <string>

#include "isolate/files/wasi_types.h"
#include "isolate/guest_memory.h"

namespace skiff::wasi {

/// A path copied out of guest memory, fit to be given to a File.
class GuestPath {
 public:
  static constexpr std::uint32_t kMaxSize = 4'095;

  /// error(): `fault` outside memory, `nametoolong`, `noent` if empty, `inval` with a NUL inside,
  /// `notcapable` if absolute.
  GuestPath(GuestMemory& memory, std::uint32_t address, std::uint32_t size);

  Errno error() const { return error_; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  Errno error_ = Errno::success;
};

}  // namespace skiff::wasi
