#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "deploy/blobs/blob_store.h"
#include "deploy/image/image_error.h"
#include "deploy/image/image_limits.h"

namespace skiff {

/// A layer, as an image's manifest names it.
struct ImageLayer {
  std::string digest;
  std::string mediaType;
};

/// Whether it is that of a layer which unpackImage() takes: a tar archive of OCI's or Docker's,
/// whatever its compression. Parameters do not count.
bool isLayerMediaType(std::string_view mediaType);

/// A name for the tree that these layers make: the same for the same layers in the same order.
std::string treeNameOf(std::span<const ImageLayer> layers);

struct TreeInfo {
  std::filesystem::path folder;  ///< store.treeFolder(name)
  bool reused = false;           ///< it was there already; the rest is 0 then
  std::uint64_t bytes = 0;       ///< as the store counts them
  std::size_t entries = 0;       ///< that were unpacked
  std::size_t skipped = 0;       ///< of these left out: devices, pipes, sockets
};

/// Merges layers into the tree `name` of the store (image-spec, layer.md): each over those before,
/// with whiteouts taking out what these have. The tree is read-only, is there whole or not at all,
/// and stays as it is once it is there. Nothing in it leads out of it: entries that would are
/// refused, and symbolic links are kept as relative ones (a target's inner ".." are resolved as
/// text). Devices, pipes and sockets are left out; owners, setuid bits and extended attributes
/// count for nothing. Whoever calls has the layers and the name pinned. Takes as long as the disk
/// and the decompression do. Any thread.
ImageResult<TreeInfo> unpackImage(BlobStore& store, std::span<const ImageLayer> layers,
                                  const ImageLimits& limits, std::string_view name);

}  // namespace skiff
