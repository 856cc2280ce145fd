#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace skiff {

/// The bytes that `text` is the base64 of (RFC 4648, section 4), padding included. Nothing unless
/// it is the one text that encodes them: no white space, nothing left out, unused bits zero.
std::optional<std::vector<std::uint8_t>> decodeBase64(std::string_view text);

}  // namespace skiff
