#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>

#include "deploy/blobs/descriptor.h"
#include "deploy/image/image_error.h"

struct archive;

namespace skiff {

struct FreeReadArchive {
  void operator()(::archive* opened) const;
};
using ReadArchive = std::unique_ptr<::archive, FreeReadArchive>;

/// The archive in a layer's blob: gzip, zstd, or as it is, told by its first bytes; what is
/// compressed twice is refused. zstd with a window of more than 128 MiB is, too (its library's
/// bound). What comes out is counted as it comes, so a bomb is noticed before it has gone off.
class LayerStream {
 public:
  struct Bounds {
    std::uint64_t bytes = 0;      ///< `tooLarge` beyond
    std::uint64_t ratio = 0;      ///< `ratio` beyond that many times the blob's size
    std::uint64_t freeBytes = 0;  ///< of which the ratio does not hold yet
  };

  /// Errors are without the layer's name.
  static ImageResult<std::unique_ptr<LayerStream>> open(const std::filesystem::path& blob,
                                                        Bounds bounds);

  /// The next bytes, valid until the next call; none at the end.
  ImageResult<std::span<const std::byte>> next();
  std::uint64_t bytes() const { return bytes_; }  ///< so far

 private:
  LayerStream(Descriptor file, std::uint64_t size, Bounds bounds)
      : file_(std::move(file)), size_(size), bounds_(bounds) {}
  ImageResult<void> start();

  const Descriptor file_;
  const std::uint64_t size_;
  const Bounds bounds_;
  ReadArchive reader_;
  bool ended_ = false;
  std::uint64_t bytes_ = 0;
};

}  // namespace skiff
