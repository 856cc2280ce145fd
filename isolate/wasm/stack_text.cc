#include "isolate/wasm/stack_text.h"

#include <array>
#include <charconv>

#include "config/printable.h"

namespace skiff::wasm {
namespace {

/// `text` printable and at most `limit` bytes, never cut inside a character.
std::string shown(std::string_view text, std::size_t limit) {
  std::string out = printable(text);
  if (out.size() <= limit) return out;
  std::size_t end = limit - 3;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) --end;
  out.resize(end);
  return out + "...";
}

std::string hex(std::uint32_t value) {
  std::array<char, 8> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
  return "0x" + std::string(digits.data(), end);
}

std::string lineOf(const CodePlace& place) {
  constexpr std::size_t kLongestName = 100;
  constexpr std::size_t kLongestFile = 80;
  std::string line = "at ";
  const std::string index = "function " + std::to_string(place.function);
  line += place.name.empty() ? index : shown(place.name, kLongestName);
  if (place.source.line != 0 && !place.source.file.empty()) {
    line += " (" + shown(place.source.file, kLongestFile) + ":" +
            std::to_string(place.source.line) + ")";
  }
  line += place.name.empty() ? " [" : " [" + index + ", ";
  return line + "offset " + hex(place.offset) + "]";
}

}  // namespace

std::vector<std::string> stackLines(const Symbols& symbols,
                                    std::span<const std::uint32_t> rewritten) {
  std::vector<std::string> lines;
  for (const std::uint32_t offset : rewritten) {
    if (const auto place = symbols.find(offset)) lines.push_back(lineOf(*place));
  }
  return lines;
}

}  // namespace skiff::wasm
