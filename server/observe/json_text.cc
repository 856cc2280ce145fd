#include "server/observe/json_text.h"

#include <array>
#include <cstdint>

namespace skiff {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";     // U+2026

/// Bytes that stand for themselves inside a JSON string.
constexpr auto makePlain() {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x7F; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}
constexpr auto kPlain = makePlain();

unsigned char byteAt(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

/// The length of the valid UTF-8 sequence (RFC 3629) at the front of `text`, 0 if it is invalid.
std::size_t sequenceLength(std::string_view text) {
  const unsigned char lead = byteAt(text, 0);
  std::size_t length = 0;
  unsigned char lowest = 0x80;
  unsigned char highest = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) lowest = 0xA0;   // shorter form exists
    if (lead == 0xED) highest = 0x9F;  // surrogates
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) lowest = 0x90;
    if (lead == 0xF4) highest = 0x8F;  // beyond U+10FFFF
  }
  if (length == 0 || text.size() < length) return 0;
  if (byteAt(text, 1) < lowest || byteAt(text, 1) > highest) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (byteAt(text, i) < 0x80 || byteAt(text, i) > 0xBF) return 0;
  }
  return length;
}

void appendEscape(std::string& out, unsigned char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\u00";
  out += kDigits[c >> 4];
  out += kDigits[c & 0xF];
}

void appendEscaped(std::string& out, std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    std::size_t end = i;
    while (end < text.size() && kPlain[byteAt(text, end)]) ++end;
    out.append(text, i, end - i);
    i = end;
    if (i == text.size()) return;
    const unsigned char c = byteAt(text, i);
    if (c < 0x80) {
      appendEscape(out, c);
      ++i;
      continue;
    }
    const std::size_t length = sequenceLength(text.substr(i));
    if (length == 0) {
      out += kReplacement;
      ++i;
    } else if (length == 2 && c == 0xC2 && byteAt(text, i + 1) < 0xA0) {
      appendEscape(out, byteAt(text, i + 1));  // U+0080 to U+009F
      i += 2;
    } else {
      out.append(text, i, length);
      i += length;
    }
  }
}

}  // namespace

void appendJsonString(std::string& out, std::string_view text) {
  out += '"';
  appendEscaped(out, text);
  out += '"';
}

void appendJsonString(std::string& out, std::string_view text, std::size_t limit) {
  if (text.size() <= limit) {
    appendJsonString(out, text);
    return;
  }
  std::size_t cut = limit;
  // Back to the beginning of the character, which is at most three bytes away.
  while (cut > 0 && limit - cut < 3 && (byteAt(text, cut) & 0xC0) == 0x80) --cut;
  if ((byteAt(text, cut) & 0xC0) == 0x80) cut = limit;
  out += '"';
  appendEscaped(out, text.substr(0, cut));
  out += kEllipsis;
  out += '"';
}

}  // namespace skiff
