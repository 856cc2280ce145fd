#pragma once

#include <string_view>

namespace skiff {

/// Whether `text` is "sha256:<64 hex>" or "sha512:<128 hex>", in lower case.
bool isDigest(std::string_view text);

/// Whether `digest` is that of `bytes`. What is no digest is nobody's.
bool matchesDigest(std::string_view bytes, std::string_view digest);

}  // namespace skiff
