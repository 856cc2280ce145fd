#include "isolate/header_list.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace skiff {
namespace {

constexpr char lowered(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

/// Which bytes may be in a token: letters, digits and !#$%&'*+-.^_`|~ (RFC 9110, 5.6.2).
constexpr std::array<bool, 256> makeTokenTable() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[c] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (const unsigned char c : std::string_view("!#$%&'*+-.^_`|~")) table[c] = true;
  return table;
}

constexpr std::array<bool, 256> kTokenBytes = makeTokenTable();

}  // namespace

void HeaderList::add(std::string_view name, std::string_view value) {
  const std::string_view ownName = copy(name);
  fields_.push_back({ownName, copy(value)});
}

void HeaderList::set(std::string_view name, std::string_view value) {
  const auto sameName = [name](const Header& field) {
    return equalsIgnoringCase(field.name, name);
  };
  const auto first = std::find_if(fields_.begin(), fields_.end(), sameName);
  if (first == fields_.end()) {
    add(name, value);
    return;
  }
  // Bytes never move, so `name` and `value` may be views of our own fields.
  *first = {copy(name), copy(value)};
  fields_.erase(std::remove_if(first + 1, fields_.end(), sameName), fields_.end());
}

std::size_t HeaderList::remove(std::string_view name) {
  return std::erase_if(
      fields_, [name](const Header& field) { return equalsIgnoringCase(field.name, name); });
}

const std::string_view* HeaderList::find(std::string_view name) const {
  for (const Header& field : fields_) {
    if (equalsIgnoringCase(field.name, name)) return &field.value;
  }
  return nullptr;
}

std::string_view HeaderList::copy(std::string_view text) {
  if (text.empty()) return {"", 0};
  auto* bytes = static_cast<char*>(memory_->allocate(text.size(), 1));
  std::memcpy(bytes, text.data(), text.size());
  return {bytes, text.size()};
}

bool equalsIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && lowered(a[i]) != lowered(b[i])) return false;
  }
  return true;
}

bool isHttpToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return kTokenBytes[static_cast<unsigned char>(c)];
  });
}

bool isFieldValue(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

}  // namespace skiff
