#pragma once

#include <cstddef>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace skiff {

/// One header field. The views point into whatever the HeaderList was given or copied.
struct Header {
  std::string_view name;
  std::string_view value;
};

/// Header fields of one message, in order, names compared without case (RFC 9110, 5.1). Fields are
/// referenced or copied into the memory resource of the message; nothing is freed before the
/// message is. One thread.
class HeaderList {
 public:
  explicit HeaderList(std::pmr::memory_resource& memory) : memory_(&memory), fields_(&memory) {}

  /// Appends without copying. REQUIRES: the views outlive the list.
  void addReference(std::string_view name, std::string_view value) {
    fields_.push_back({name, value});
  }
  /// Appends a copy.
  void add(std::string_view name, std::string_view value);
  /// Replaces all fields of that name by one, in the place of the first; appends if there is none.
  void set(std::string_view name, std::string_view value);
  /// Removes all fields of that name; how many there were.
  std::size_t remove(std::string_view name);
  void clear() { fields_.clear(); }
  /// Makes room for `count` fields at once.
  void reserve(std::size_t count) { fields_.reserve(count); }

  /// The first field's value, or nullptr if there is none.
  const std::string_view* find(std::string_view name) const;
  bool contains(std::string_view name) const { return find(name) != nullptr; }

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  std::size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }

  /// A copy of `text` that lives as long as the message.
  std::string_view copy(std::string_view text);

 private:
  std::pmr::memory_resource* memory_;
  std::pmr::vector<Header> fields_;
};

/// ASCII case-insensitive equality, as header names and hosts are compared.
bool equalsIgnoringCase(std::string_view a, std::string_view b);
/// token of RFC 9110, 5.6.2.
bool isHttpToken(std::string_view text);
/// A field value that can be sent as it is: no CR, LF, NUL or other control but tab (RFC
/// 9110, 5.5).
bool isFieldValue(std::string_view text);

}  // namespace skiff
