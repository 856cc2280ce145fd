#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace skiff {

/// `text` under AES-256-GCM with a key made of `secret` by SHA-256, as hexadecimal digits.
/// REQUIRES: `secret` has 256 bits of randomness in it.
std::string seal(std::string_view text, std::string_view secret);
/// Nothing if that is not what was sealed with this secret.
std::optional<std::string> unseal(std::string_view sealed, std::string_view secret);

}  // namespace skiff
