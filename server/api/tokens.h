#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "config/result.h"
#include "deploy/catalog/catalog.h"

namespace skiff {

/// "skf_" and 32 random bytes as base64url.
std::string makeToken();
/// 16 hexadecimal digits, at random.
std::string makeTokenId();
/// What the catalog knows a token by: its SHA-256, in hexadecimal digits.
std::string hashToken(std::string_view token);

/// Makes the first operator's token if the catalog has none that holds: written to `file` (mode
/// 0600) before the catalog knows it, so that a crash between the two locks nobody out.
Result<void> ensureOperatorToken(Catalog& catalog, const std::filesystem::path& file);

}  // namespace skiff
