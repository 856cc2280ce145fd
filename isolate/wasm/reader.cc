#include "isolate/wasm/reader.h"

#include "isolate/wasm/error_text.h"

namespace skiff::wasm {

namespace {

/// How many bytes a character takes and what its second byte may be; length 0 if none begins so.
struct LeadByte {
  unsigned length;
  unsigned char secondLowest;
  unsigned char secondHighest;
};

LeadByte classify(unsigned char lead) {
  if (lead < 0x80) return {1, 0, 0};
  if (lead < 0xc2) return {0, 0, 0};
  if (lead < 0xe0) return {2, 0x80, 0xbf};
  if (lead == 0xe0) return {3, 0xa0, 0xbf};
  if (lead == 0xed) return {3, 0x80, 0x9f};
  if (lead < 0xf0) return {3, 0x80, 0xbf};
  if (lead == 0xf0) return {4, 0x90, 0xbf};
  if (lead < 0xf4) return {4, 0x80, 0xbf};
  if (lead == 0xf4) return {4, 0x80, 0x8f};
  return {0, 0, 0};
}

}  // namespace

bool isUtf8(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  std::size_t i = 0;
  while (i < text.size()) {
    const LeadByte lead = classify(at(i));
    if (lead.length == 0 || lead.length > text.size() - i) return false;
    for (unsigned k = 1; k < lead.length; ++k) {
      const unsigned char lowest = k == 1 ? lead.secondLowest : 0x80;
      const unsigned char highest = k == 1 ? lead.secondHighest : 0xbf;
      if (at(i + k) < lowest || at(i + k) > highest) return false;
    }
    i += lead.length;
  }
  return true;
}

void Reader::failAt(std::size_t offset, std::string what, std::string advice) {
  if (error_) return;
  error_ = ModuleError{std::move(what), offset, std::string(section_), std::move(advice)};
  offset_ = end_;
}

void Reader::failAtEnd(std::string_view what) {
  fail(concat(section_.empty() ? "the module" : "the section", " ends where ", what,
              " was expected"),
       "the file is damaged or was cut short: build or copy it again");
}

std::uint64_t Reader::readUnsigned(unsigned bits, std::string_view what) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < bits; shift += 7) {
    const std::uint8_t byte = readByte(what);
    if (!ok()) return 0;
    const std::uint64_t low = byte & 0x7f;
    if (bits - shift < 7 && (low >> (bits - shift)) != 0) break;
    value |= low << shift;
    if (byte < 0x80) return value;
  }
  fail(concat(what, " is a number of more than ", bits, " bits"));
  return 0;
}

std::int64_t Reader::readSigned(unsigned bits, std::string_view what) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < bits; shift += 7) {
    const std::uint8_t byte = readByte(what);
    if (!ok()) return 0;
    const std::uint64_t low = byte & 0x7f;
    if (bits - shift < 7) {
      // The last byte: what lies beyond the width must repeat the sign.
      const unsigned used = bits - shift;
      const std::uint64_t sign = (low >> (used - 1)) & 1;
      const std::uint64_t beyond = low >> used;
      if (beyond != (sign != 0 ? (std::uint64_t{0x7f} >> used) : 0)) break;
    }
    value |= low << shift;
    if (byte < 0x80) {
      const unsigned width = shift + 7;
      if ((byte & 0x40) != 0 && width < 64) value |= ~std::uint64_t{0} << width;
      return static_cast<std::int64_t>(value);
    }
  }
  fail(concat(what, " is a number of more than ", bits, " bits"));
  return 0;
}

std::uint32_t Reader::readCount(std::string_view what, std::size_t entrySize) {
  const std::size_t start = offset_;
  const std::uint32_t count = readU32(what);
  if (ok() && std::uint64_t{count} * entrySize > remaining()) {
    failAt(start, concat(what, " is ", count, ", but only ", remaining(), " bytes follow"),
           "the file is damaged or was cut short: build or copy it again");
    return 0;
  }
  return ok() ? count : 0;
}

std::string_view Reader::readName(std::string_view what) {
  const std::uint32_t length = readCount(what, 1);
  if (!ok()) return {};
  const std::string_view name(reinterpret_cast<const char*>(bytes_.data()) + offset_, length);
  if (!isUtf8(name)) {
    fail(concat(what, " is not valid UTF-8"));
    return {};
  }
  offset_ += length;
  return name;
}

void Reader::skip(std::uint64_t count, std::string_view what) {
  if (count > remaining()) {
    failAtEnd(what);
  } else {
    offset_ += static_cast<std::size_t>(count);
  }
}

}  // namespace skiff::wasm
