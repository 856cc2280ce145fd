#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace skiff {

/// RFC 4648, section 5, without padding.
std::string encodeBase64Url(std::span<const std::uint8_t> bytes);
/// RFC 4648, section 4; line ends and blanks are passed over. Nothing if it is not base64.
std::optional<std::vector<std::uint8_t>> decodeBase64(std::string_view text);

}  // namespace skiff
