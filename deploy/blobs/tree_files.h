#pragma once

#include <cstdint>
#include <filesystem>

#include "deploy/blobs/blob_store.h"

namespace skiff {

/// What a file or folder of `size` counts for in a tree: whole blocks of 4 KiB, at least one.
std::uint64_t treeBytesOf(std::uint64_t size);

/// What all that is under `folder` counts together; several names of one file count once.
BlobResult<std::uint64_t> measureTree(const std::filesystem::path& folder);

/// Makes all folders read-only, `folder` too, and measures what there is.
BlobResult<std::uint64_t> sealTree(const std::filesystem::path& folder);

/// Removes `folder` with all that is under it, read-only folders too. Never follows a link; no
/// error if it is not there.
BlobResult<void> removeTree(const std::filesystem::path& folder);
/// The same for whatever `name` is within an open folder. errno, or 0.
int removeAt(int folder, const char* name);

}  // namespace skiff
