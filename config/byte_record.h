#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace skiff {

/// Writes values one behind the other, as they lie in memory: for records that the same program
/// reads again on the same machine.
class RecordWriter {
 public:
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void value(const T& value) { append(&value, sizeof value); }
  void text(std::string_view text) { values(std::span(text)); }
  template <class T, std::size_t N>
  requires std::is_trivially_copyable_v<T>
  void values(std::span<T, N> values) {
    value(std::uint64_t{values.size()});
    append(values.data(), values.size_bytes());
  }

  std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  void append(const void* from, std::size_t size) {
    const auto* bytes = static_cast<const std::uint8_t*>(from);
    bytes_.insert(bytes_.end(), bytes, bytes + size);
  }

  std::vector<std::uint8_t> bytes_;
};

/// Reads what RecordWriter wrote. Total: never reads outside of the bytes; the first failure is
/// kept, and everything behind it is zero or empty.
class RecordReader {
 public:
  explicit RecordReader(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

  template <class T>
  requires std::is_trivially_copyable_v<T> T value() {
    T value{};
    if (const auto* from = take(sizeof value)) std::memcpy(&value, from, sizeof value);
    return value;
  }
  std::string text() {
    const auto bytes = values<char>();
    return {bytes.begin(), bytes.end()};
  }
  template <class T>
  requires std::is_trivially_copyable_v<T> std::vector<T> values() {
    const auto count = value<std::uint64_t>();
    std::vector<T> values;
    if (count > rest_.size() / sizeof(T)) {
      fail();
    } else if (count != 0) {
      values.resize(count);
      std::memcpy(values.data(), take(count * sizeof(T)), count * sizeof(T));
    }
    return values;
  }

  void fail() {
    failed_ = true;
    rest_ = {};
  }
  /// All was there, and nothing is left.
  bool done() const { return !failed_ && rest_.empty(); }
  bool ok() const { return !failed_; }

 private:
  const std::uint8_t* take(std::size_t size) {
    if (size > rest_.size()) {
      fail();
      return nullptr;
    }
    const auto* at = rest_.data();
    rest_ = rest_.subspan(size);
    return at;
  }

  std::span<const std::uint8_t> rest_;
  bool failed_ = false;
};

}  // namespace skiff
