#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace skiff {

/// RFC 4648, section 5, without padding.
std::string encodeBase64Url(std::span<const std::uint8_t> bytes);

}  // namespace skiff
