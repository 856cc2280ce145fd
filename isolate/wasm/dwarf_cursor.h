#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace skiff::wasm {

/// A cursor over a part of a DWARF section, little-endian. Never reads outside of it: after the
/// first failure it stands at its end, and every read gives zeros.
class DwarfCursor {
 public:
  explicit DwarfCursor(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  bool atEnd() const { return offset_ == bytes_.size(); }
  std::size_t remaining() const { return bytes_.size() - offset_; }

  std::uint8_t byte() { return static_cast<std::uint8_t>(fixed(1)); }
  /// An unsigned number of `size` bytes, 8 at most.
  std::uint64_t fixed(std::size_t size);
  /// LEB128 (section 7.6); bits beyond the 64th are lost.
  std::uint64_t unsignedLeb();
  std::int64_t signedLeb();
  /// Up to a NUL, which is taken too.
  std::string_view string();
  /// A part of its own, which is skipped here.
  DwarfCursor part(std::uint64_t size);
  void skip(std::uint64_t size) { (void)part(size); }
  void fail() {
    ok_ = false;
    offset_ = bytes_.size();
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t offset_ = 0;
  bool ok_ = true;
};

}  // namespace skiff::wasm
