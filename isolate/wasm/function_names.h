#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/byte_record.h"

namespace skiff::wasm {

/// The functions' names from a module's name section (appendix "Name Section" of the
/// specification), for people to read. Immutable; any thread.
class FunctionNames {
 public:
  /// What is kept of a name, in bytes; of all names; and how many names.
  static constexpr std::size_t kLongestName = 160;
  static constexpr std::size_t kMostText = std::size_t{8} << 20;
  static constexpr std::size_t kMostNames = 1'000'000;

  FunctionNames() = default;
  /// Total: takes what is well-formed up to the first mistake, in linear time.
  /// `content` is the section's, behind its name.
  explicit FunctionNames(std::span<const std::uint8_t> content);

  /// Whatever bytes the module has there, cut to kLongestName; empty if there is no name.
  std::string_view name(std::uint32_t function) const;
  std::size_t bytes() const;

  void write(RecordWriter& to) const;
  static FunctionNames read(RecordReader& from);

 private:
  struct Entry {
    std::uint32_t function;
    std::uint32_t end;  ///< in text_; it begins where the one before ends
  };
  std::vector<Entry> entries_;  ///< by function
  std::string text_;
};

}  // namespace skiff::wasm
