#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

namespace skiff::wasm {

/// Builds parts of a binary module.
class Writer {
 public:
  void byte(std::uint8_t value) { bytes_.push_back(value); }
  void bytes(std::span<const std::uint8_t> values) {
    bytes_.insert(bytes_.end(), values.begin(), values.end());
  }
  void bytes(std::initializer_list<std::uint8_t> values) {
    bytes_.insert(bytes_.end(), values.begin(), values.end());
  }
  /// LEB128, shortest form.
  void unsignedNumber(std::uint64_t value);
  void signedNumber(std::int64_t value);
  void name(std::string_view text);
  /// A section with its header. `body` is below 4 GiB.
  void section(std::uint8_t id, std::span<const std::uint8_t> body);
  /// An instruction with one index or other unsigned immediate.
  void instruction(std::uint8_t opcode, std::uint32_t immediate) {
    byte(opcode);
    unsignedNumber(immediate);
  }
  /// An instruction behind a prefix, without its immediates.
  void prefixed(std::uint8_t prefix, std::uint32_t opcode) { instruction(prefix, opcode); }

  std::span<const std::uint8_t> view() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }
  void reserve(std::size_t size) { bytes_.reserve(size); }
  std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
};

/// "\0asm" and version 1.
void writePreamble(Writer& to);

}  // namespace skiff::wasm
