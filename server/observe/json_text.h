#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace skiff {

/// Appends `text` to `out` as a JSON string with its quotes (RFC 8259, section 7). Total: each byte
/// that is not part of valid UTF-8 becomes U+FFFD; control characters, DEL and the C1 controls
/// (which steer terminals) are written as escapes.
void appendJsonString(std::string& out, std::string_view text);

/// The same for at most `limit` bytes of `text`; what was cut, never inside a character, is shown
/// by "…" at the end.
void appendJsonString(std::string& out, std::string_view text, std::size_t limit);

}  // namespace skiff
