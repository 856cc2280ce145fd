#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "deploy/image/layer_stream.h"

struct archive_entry;

namespace skiff {

/// One entry of a layer, as the archive has it: nothing of it is checked.
struct LayerEntry {
  enum class Type : std::uint8_t { file, folder, symbolicLink, hardLink, other };
  Type type = Type::other;
  std::string path;
  std::string target;      ///< of links
  std::uint64_t size = 0;  ///< of a file, with its holes
  bool executable = false;
  std::int64_t modified = 0;  ///< seconds since 1970
};

/// Reads a layer's tar archive (ustar, pax, GNU), entry by entry. Names are bytes; one ends at its
/// first NUL. Errors are without the layer's and the entry's names.
class LayerReader {
 public:
  /// The most that an entry's own headers may take: they are held in memory.
  static constexpr std::uint64_t kMostHeader = 4 << 20;

  static ImageResult<std::unique_ptr<LayerReader>> open(std::unique_ptr<LayerStream> stream);
  LayerReader(const LayerReader&) = delete;
  LayerReader& operator=(const LayerReader&) = delete;

  /// Nothing behind the last one.
  ImageResult<std::optional<LayerEntry>> next();

  struct Data {
    std::uint64_t offset = 0;
    std::span<const std::byte> bytes;  ///< valid until the next call
  };
  /// Of the entry's content; nothing at its end. What lies between is a hole.
  ImageResult<std::optional<Data>> data();

  std::uint64_t streamed() const { return stream_->bytes(); }

 private:
  explicit LayerReader(std::unique_ptr<LayerStream> stream) : stream_(std::move(stream)) {}
  ImageResult<void> start();
  ImageError failure();
  static ssize_t readStream(::archive*, void* self, const void** buffer);

  const std::unique_ptr<LayerStream> stream_;
  std::optional<ImageError> streamError_;
  std::optional<std::uint64_t> headerEnds_;  ///< in the stream, at the latest
  ReadArchive reader_;
};

}  // namespace skiff
