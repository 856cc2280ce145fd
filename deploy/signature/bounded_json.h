#pragma once

// Internal to this folder: it includes the JSON parser's headers.

#include <boost/json/value.hpp>
#include <cstddef>
#include <initializer_list>
#include <string_view>

#include "config/byte_size.h"
#include "config/result.h"

namespace skiff {

/// The largest manifest, payload or bundle that is looked at. Those that cosign makes have some
/// 10 KiB, with the proofs of a transparency log.
inline constexpr ByteSize kLargestSignatureJson = 256_KiB;
/// The deepest nesting in one. cosign's have six levels.
inline constexpr std::size_t kDeepestSignatureJson = 16;

/// Parses a JSON text from outside. `what` names it in errors: "the bundle".
Result<boost::json::value> parseSignatureJson(std::string_view text, std::string_view what);

/// What is at `path`, a key at each level; null if there is nothing.
const boost::json::value* valueAt(const boost::json::value& value,
                                  std::initializer_list<std::string_view> path);
/// The string there; empty if there is none.
std::string_view textAt(const boost::json::value& value,
                        std::initializer_list<std::string_view> path);
/// The list there; empty if there is none.
const boost::json::array& listAt(const boost::json::value& value,
                                 std::initializer_list<std::string_view> path);

}  // namespace skiff
