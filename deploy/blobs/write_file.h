#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <span>

#include "deploy/blobs/blob_store.h"

namespace skiff {

/// All of `bytes` to the end of an open file. errno, or 0.
int writeAll(int file, std::span<const std::byte> bytes);

/// A file that is there whole or not at all: written as `part` (replaced if it is there), synced,
/// renamed. The folder is not synced.
BlobResult<void> writeFile(const std::filesystem::path& file, const std::filesystem::path& part,
                           std::span<const std::byte> bytes, mode_t mode);

}  // namespace skiff
