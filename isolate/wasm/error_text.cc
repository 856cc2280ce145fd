#include "isolate/wasm/error_text.h"

#include <array>
#include <cstdio>

namespace skiff::wasm {

std::string quoted(std::string_view name) {
  constexpr std::size_t kLongest = 100;
  std::string result = "\"";
  std::size_t length = name.size();
  if (length > kLongest) {
    length = kLongest;
    // Not in the middle of a character: back to where one begins.
    while (length > 0 && (static_cast<unsigned char>(name[length]) & 0xc0) == 0x80) --length;
  }
  for (const char c : name.substr(0, length)) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20 || code == 0x7f) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\x%02x", code);
      result += escape.data();
    } else {
      if (c == '"' || c == '\\') result += '\\';
      result += c;
    }
  }
  result += length < name.size() ? "...\"" : "\"";
  return result;
}

std::string hex(std::uint64_t number) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(number));
  return text.data();
}

std::string counted(std::uint64_t count, std::string_view singular, std::string_view plural) {
  return concat(count, " ", count == 1 ? singular : plural);
}

std::string mebibytes(std::uint64_t bytes) {
  constexpr std::uint64_t kMebibyte = 1u << 20;
  if (bytes % kMebibyte == 0) return concat(bytes / kMebibyte, " MiB");
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.1f MiB", static_cast<double>(bytes) / kMebibyte);
  return text.data();
}

namespace {

std::string_view typeName(ValueType type) {
  switch (type) {
    case ValueType::i32:
      return "i32";
    case ValueType::i64:
      return "i64";
    case ValueType::f32:
      return "f32";
    case ValueType::f64:
      return "f64";
    case ValueType::v128:
      return "v128";
    case ValueType::reference:
      return "reference";
  }
  return "?";
}

void appendTypes(std::string& to, std::span<const ValueType> types) {
  constexpr std::size_t kMost = 16;  // a hostile signature may have thousands
  to += '(';
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i > 0) to += ", ";
    if (i == kMost) {
      to += "...";
      break;
    }
    to += typeName(types[i]);
  }
  to += ')';
}

}  // namespace

std::string signatureText(std::span<const ValueType> parameters,
                          std::span<const ValueType> results) {
  std::string text;
  appendTypes(text, parameters);
  text += " -> ";
  if (results.size() == 1) {
    text += typeName(results[0]);
  } else {
    appendTypes(text, results);
  }
  return text;
}

std::string_view kindName(ExternalKind kind) {
  switch (kind) {
    case ExternalKind::function:
      return "function";
    case ExternalKind::table:
      return "table";
    case ExternalKind::memory:
      return "memory";
    case ExternalKind::global:
      return "global";
    case ExternalKind::tag:
      return "tag";
  }
  return "?";
}

}  // namespace skiff::wasm
