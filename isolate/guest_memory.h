#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace skiff {

/// Where an instance's linear memory is now. Implemented by the V8 instance; by a vector in tests.
class GuestMemorySource {
 public:
  virtual std::span<std::byte> currentMemory() = 0;
  /// Counts more memory in what its tenant holds in all; false if that may not be.
  virtual bool takeFromTotal(std::uint64_t) { return true; }
  /// REQUIRES: it was taken.
  virtual void giveBackToTotal(std::uint64_t) {}

 protected:
  ~GuestMemorySource() = default;
};

/// Checked access to a guest's linear memory (wasm32, little-endian). Every address comes from the
/// guest and is hostile: ranges are checked in 64-bit arithmetic. A guest can only grow its memory
/// and growth does not move it, so the known extent is read again only when an access exceeds it.
///
/// Do not pass pointers into it to system calls: pages may be write-protected, which plain stores
/// resolve and the kernel answers with EFAULT. Copy through a buffer.
class GuestMemory {
 public:
  GuestMemory() = default;
  explicit GuestMemory(GuestMemorySource& source)
      : source_(&source), memory_(source.currentMemory()) {}

  /// Its size now.
  std::size_t size() {
    if (source_) memory_ = source_->currentMemory();
    return memory_.size();
  }

  bool takeFromTotal(std::uint64_t bytes) { return !source_ || source_->takeFromTotal(bytes); }
  void giveBackToTotal(std::uint64_t bytes) {
    if (source_) source_->giveBackToTotal(bytes);
  }

  /// The bytes at [address, address + length), or nothing if they are not all inside.
  std::optional<std::span<std::byte>> slice(std::uint32_t address, std::uint64_t length) {
    const std::uint64_t end = std::uint64_t{address} + length;
    if (end > memory_.size()) {
      if (!source_) return std::nullopt;
      memory_ = source_->currentMemory();
      if (end > memory_.size()) return std::nullopt;
    }
    return memory_.subspan(address, length);
  }

  std::optional<std::string_view> text(std::uint32_t address, std::uint64_t length) {
    const auto bytes = slice(address, length);
    if (!bytes) return std::nullopt;
    return std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  }

  /// Copies in; false if it does not fit the memory.
  bool write(std::uint32_t address, std::span<const std::byte> bytes) {
    const auto to = slice(address, bytes.size());
    if (!to) return false;
    if (!bytes.empty()) std::memcpy(to->data(), bytes.data(), bytes.size());
    return true;
  }
  bool write(std::uint32_t address, std::string_view text) {
    return write(address, std::as_bytes(std::span(text.data(), text.size())));
  }

  /// A little-endian integer.
  template <class T>
  std::optional<T> load(std::uint32_t address) {
    const auto bytes = slice(address, sizeof(T));
    if (!bytes) return std::nullopt;
    T value;
    std::memcpy(&value, bytes->data(), sizeof value);
    return value;
  }
  template <class T>
  bool store(std::uint32_t address, T value) {
    return write(address, std::as_bytes(std::span(&value, 1)));
  }

 private:
  GuestMemorySource* source_ = nullptr;
  std::span<std::byte> memory_;
};

}  // namespace skiff
