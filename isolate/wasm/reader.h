#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "isolate/wasm/module.h"

namespace skiff::wasm {

/// A cursor over a part of a module's bytes. Never reads outside of it. The first failure is kept;
/// after it the cursor stands at its end and every read gives zeros, so that callers need to look
/// at ok() only where a loop might go on or an answer is used.
///
/// `what` names for error messages the thing that is read: "a type index". Must be static text.
class Reader {
 public:
  /// Reads bytes[begin, end). `section` is static text, "import section", or empty.
  /// REQUIRES: begin <= end <= bytes.size().
  Reader(std::span<const std::uint8_t> bytes, std::size_t begin, std::size_t end,
         std::string_view section)
      : bytes_(bytes), offset_(begin), end_(end), section_(section) {}

  bool ok() const { return !error_; }
  /// From the beginning of the module.
  std::size_t offset() const { return offset_; }
  std::size_t remaining() const { return end_ - offset_; }
  bool atEnd() const { return offset_ == end_; }

  std::uint8_t readByte(std::string_view what) {
    if (offset_ == end_) {
      failAtEnd(what);
      return 0;
    }
    return bytes_[offset_++];
  }
  /// The next byte without taking it; 0 at the end.
  std::uint8_t peekByte() const { return offset_ == end_ ? std::uint8_t{0} : bytes_[offset_]; }

  /// LEB128 numbers (5.2.2): no longer than their width allows, no bits beyond it.
  std::uint32_t readU32(std::string_view what) {
    if (offset_ != end_ && bytes_[offset_] < 0x80) return bytes_[offset_++];  // nearly all are
    return static_cast<std::uint32_t>(readUnsigned(32, what));
  }
  std::uint64_t readU64(std::string_view what) { return readUnsigned(64, what); }
  std::int64_t readS32(std::string_view what) { return readSigned(32, what); }
  std::int64_t readS33(std::string_view what) { return readSigned(33, what); }
  std::int64_t readS64(std::string_view what) { return readSigned(64, what); }

  /// The length of a vector whose entries take at least `entrySize` bytes each; fails if they
  /// cannot fit into what is left, so that it may be reserved.
  std::uint32_t readCount(std::string_view what, std::size_t entrySize);
  /// A name: length and valid UTF-8 (5.2.4).
  std::string_view readName(std::string_view what);
  void skip(std::uint64_t count, std::string_view what);

  void fail(std::string what, std::string advice = {}) {
    failAt(offset_, std::move(what), std::move(advice));
  }
  void failAt(std::size_t offset, std::string what, std::string advice = {});
  /// REQUIRES: !ok().
  const ModuleError& error() const { return *error_; }

 private:
  std::uint64_t readUnsigned(unsigned bits, std::string_view what);
  std::int64_t readSigned(unsigned bits, std::string_view what);
  void failAtEnd(std::string_view what);

  std::span<const std::uint8_t> bytes_;
  std::size_t offset_;
  std::size_t end_;
  std::string_view section_;
  std::optional<ModuleError> error_;
};

/// Unicode 15, table 3-7: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool isUtf8(std::string_view text);

}  // namespace skiff::wasm
