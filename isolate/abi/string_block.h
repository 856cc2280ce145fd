#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skiff {

/// Strings one after another, each ended by NUL, as programs get their arguments and environment.
class StringBlock {
 public:
  /// REQUIRES: no NUL in `text`.
  void add(std::string_view text) {
    begin();
    bytes_.append(text);
    bytes_.push_back('\0');
  }
  /// "name=value". REQUIRES: no NUL in either.
  void add(std::string_view name, std::string_view value) {
    begin();
    bytes_.append(name).append(1, '=').append(value).push_back('\0');
  }

  std::string_view bytes() const { return bytes_; }
  /// Where each string begins in bytes().
  const std::vector<std::uint32_t>& offsets() const { return offsets_; }

 private:
  void begin() { offsets_.push_back(static_cast<std::uint32_t>(bytes_.size())); }

  std::string bytes_;
  std::vector<std::uint32_t> offsets_;
};

}  // namespace skiff
