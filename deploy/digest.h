#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace skiff {

/// "sha256:<64 hex digits>" of the bytes, as OCI writes digests (image-spec, descriptor.md).
std::string sha256Digest(std::span<const std::uint8_t> bytes);

}  // namespace skiff
