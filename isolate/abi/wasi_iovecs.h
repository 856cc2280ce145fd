#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "isolate/files/wasi_types.h"
#include "isolate/guest_memory.h"

namespace skiff::wasi {

/// A cursor over the buffers that a guest's array of `iovec` or `ciovec` names. Each buffer is
/// checked when the cursor comes to it, so that a guest which lets them overlap the array itself
/// harms nobody but itself.
class Iovecs {
 public:
  static constexpr std::uint32_t kMaxCount = 1'024;

  Iovecs(GuestMemory& memory, std::uint32_t address, std::uint32_t count)
      : memory_(memory), address_(address), count_(count) {}

  /// `inval` for more than kMaxCount buffers or 4 GiB in all, `fault` for what is outside memory.
  Errno check();

  /// What is left of the buffer at the cursor, never empty but at the end. REQUIRES: check().
  std::span<std::byte> current();
  void advance(std::size_t bytes) { offset_ += bytes; }
  /// Moves over `bytes`, buffer by buffer.
  void skip(std::size_t bytes);

  /// Fills `buffer` as far as there is something, from the cursor on, and moves the cursor.
  std::size_t gather(std::span<std::byte> buffer);
  /// Spreads `bytes` from the cursor on, and moves the cursor.
  void scatter(std::span<const std::byte> bytes);

 private:
  /// Buffer number `index`; nothing if it is outside memory.
  std::optional<std::span<std::byte>> at(std::uint32_t index);

  GuestMemory& memory_;
  std::uint32_t address_;
  std::uint32_t count_;
  std::uint32_t index_ = 0;
  std::size_t offset_ = 0;  // within buffer `index_`
};

}  // namespace skiff::wasi
