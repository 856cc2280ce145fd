#include "isolate/wasm/dwarf_cursor.h"

#include <cstring>

namespace skiff::wasm {

std::uint64_t DwarfCursor::fixed(std::size_t size) {
  if (size > remaining() || size > 8) {
    fail();
    return 0;
  }
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value |= std::uint64_t{bytes_[offset_++]} << (8 * i);
  return value;
}

std::uint64_t DwarfCursor::unsignedLeb() {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const std::uint8_t next = byte();
    if (shift < 64) value |= std::uint64_t{next & 0x7fU} << shift;
    if (next < 0x80) return value;
    // Longer ones are padded with zeros; no more of them than a producer has a use for.
    if (shift > 126) {
      fail();
      return 0;
    }
  }
}

std::int64_t DwarfCursor::signedLeb() {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const std::uint8_t next = byte();
    if (shift < 64) value |= std::uint64_t{next & 0x7fU} << shift;
    if (next < 0x80) {
      if (shift + 7 < 64 && (next & 0x40) != 0) value |= ~std::uint64_t{0} << (shift + 7);
      return static_cast<std::int64_t>(value);
    }
    if (shift > 126) {
      fail();
      return 0;
    }
  }
}

std::string_view DwarfCursor::string() {
  if (atEnd()) {
    fail();
    return {};
  }
  const auto* const begin = reinterpret_cast<const char*>(bytes_.data()) + offset_;
  const void* const end = std::memchr(begin, 0, remaining());
  if (end == nullptr) {
    fail();
    return {};
  }
  const auto size = static_cast<std::size_t>(static_cast<const char*>(end) - begin);
  offset_ += size + 1;
  return {begin, size};
}

DwarfCursor DwarfCursor::part(std::uint64_t size) {
  if (size > remaining()) {
    fail();
    return DwarfCursor({});
  }
  const DwarfCursor taken(bytes_.subspan(offset_, size));
  offset_ += size;
  return taken;
}

}  // namespace skiff::wasm
