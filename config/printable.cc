#include "config/printable.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace skiff {
namespace {

constexpr std::size_t kLongestQuote = 80;  // bytes; enough to recognise what is meant

bool isContinuation(char c) {
  return (static_cast<std::uint8_t>(c) & 0xC0) == 0x80;
}

/// The length of the well-formed UTF-8 sequence that `text` begins with (RFC 3629, section 4), or
/// 0.
std::size_t sequenceLength(std::string_view text) {
  const auto first = static_cast<std::uint8_t>(text.front());
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                             : first >= 0xE0 && first <= 0xEF ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!isContinuation(text[i])) return 0;
  }
  const auto second = static_cast<std::uint8_t>(text[1]);
  const bool isOverlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool isSurrogate = first == 0xED && second >= 0xA0;
  const bool isTooLarge = first == 0xF4 && second >= 0x90;
  return isOverlong || isSurrogate || isTooLarge ? 0 : length;
}

/// C0, DEL, and C1 (U+0080 to U+009F), which terminals obey too.
bool isControl(std::string_view sequence) {
  const auto first = static_cast<std::uint8_t>(sequence.front());
  if (sequence.size() == 1) return first < 0x20 || first == 0x7F;
  return first == 0xC2 && static_cast<std::uint8_t>(sequence[1]) < 0xA0;
}

void appendHex(std::string& out, char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto byte = static_cast<std::uint8_t>(c);
  out.append("\\x").append({kDigits[byte >> 4], kDigits[byte & 0xF]});
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequenceLength(text);
    const std::string_view sequence = text.substr(0, length == 0 ? 1 : length);
    if (length == 0 || isControl(sequence)) {
      for (const char c : sequence) appendHex(out, c);
    } else {
      out.append(sequence);
    }
    text.remove_prefix(sequence.size());
  }
  return out;
}

std::string inQuotes(std::string_view text) {
  if (text.size() <= kLongestQuote) return "\"" + printable(text) + "\"";
  std::size_t end = kLongestQuote;
  while (end > 0 && isContinuation(text[end])) --end;  // not in the middle of a character
  return "\"" + printable(text.substr(0, end)) + "...\"";
}

}  // namespace skiff
