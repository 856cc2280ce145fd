#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "isolate/wasm/module.h"

/// How error messages say things.
namespace skiff::wasm {

namespace detail {
inline void append(std::string& to, std::string_view text) {
  to += text;
}
template <class Number>
requires std::is_integral_v<Number>
void append(std::string& to, Number number) {
  to += std::to_string(number);
}
}  // namespace detail

/// Texts and whole numbers in a row.
template <class... Parts>
std::string concat(const Parts&... parts) {
  std::string result;
  (detail::append(result, parts), ...);
  return result;
}

/// A guest's name between quotes, fit for one line of a log: control characters escaped, and cut
/// where it gets long.
std::string quoted(std::string_view name);
/// "0x1f".
std::string hex(std::uint64_t number);
/// "3 entries", "1 entry": a count with its noun.
std::string counted(std::uint64_t count, std::string_view singular, std::string_view plural);
/// "16 MiB"; what is no whole number of them has one decimal.
std::string mebibytes(std::uint64_t bytes);
/// "(i32, i64) -> i32".
std::string signatureText(std::span<const ValueType> parameters,
                          std::span<const ValueType> results);
/// "function", "table"...
std::string_view kindName(ExternalKind kind);

}  // namespace skiff::wasm
