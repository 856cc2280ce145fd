#include "deploy/image/unpack_image.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

#include "config/printable.h"
#include "deploy/digest.h"
#include "deploy/image/layer_reader.h"
#include "deploy/image/tree_builder.h"

namespace skiff {
namespace {

/// Before that much has come out of a layer, its ratio says nothing.
constexpr std::uint64_t kFreeBytes = 16 << 20;
/// What an entry may take in an archive beside its content: headers and padding.
constexpr std::uint64_t kEntryOverhead = 4096;

// https://github.com/opencontainers/image-spec/blob/main/media-types.md, and Docker's of the
// image manifest, version 2, schema 2. Each with or without "+gzip", "+zstd", ".gzip", ".zstd".
constexpr std::array<std::string_view, 4> kLayerMediaTypes{
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.nondistributable.v1.tar",
    "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.docker.image.rootfs.foreign.diff.tar",
};
constexpr std::array<std::string_view, 5> kCompressions{"", "+gzip", "+zstd", ".gzip", ".zstd"};

ImageError fromStore(const BlobError& error) {
  switch (error.kind) {
    case BlobError::Kind::full:
      return {ImageError::Kind::full, error.message};
    case BlobError::Kind::storage:
      return {ImageError::Kind::storage, error.message};
    default:
      return {ImageError::Kind::blob, error.message};
  }
}

class Unpacking {
 public:
  Unpacking(BlobStore& store, std::span<const ImageLayer> layers, const ImageLimits& limits,
            BlobStore::TreeWriter& writer)
      : store_(store), layers_(layers), limits_(limits), builder_(writer, limits) {}

  ImageResult<void> run();
  const TreeBuilder& builder() const { return builder_; }

 private:
  enum class Pass : std::uint8_t { whiteouts, entries };

  ImageResult<void> unpack(std::size_t index, Pass pass);
  ImageResult<std::unique_ptr<LayerReader>> openLayer(std::size_t index) const;
  ImageResult<void> take(Pass pass, const LayerEntry& entry, LayerReader& reader);
  ImageError inLayer(std::size_t index, const ImageError& error, const LayerEntry* entry) const;

  BlobStore& store_;
  const std::span<const ImageLayer> layers_;
  const ImageLimits limits_;
  TreeBuilder builder_;
  std::uint64_t streamed_ = 0;  ///< what the layers so far were without compression
};

ImageResult<void> Unpacking::run() {
  if (layers_.size() > limits_.layers) {
    return ImageError{ImageError::Kind::tooManyLayers,
                      "the image has " + std::to_string(layers_.size()) + " layers; at most " +
                          std::to_string(limits_.layers) + " are allowed"};
  }
  if (auto opened = builder_.open(); opened.has_error()) return opened;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    // Whiteouts are about the layers below, wherever in their own they are: so they go first.
    if (i > 0) {
      if (auto done = unpack(i, Pass::whiteouts); done.has_error()) return done;
    }
    if (auto done = unpack(i, Pass::entries); done.has_error()) return done;
  }
  return {};
}

ImageError Unpacking::inLayer(std::size_t index, const ImageError& error,
                              const LayerEntry* entry) const {
  std::string where = "layer " + std::to_string(index + 1) + " of " +
                      std::to_string(layers_.size()) + " (" + printable(layers_[index].digest) +
                      ")";
  if (entry) where += ": the entry " + inQuotes(entry->path);
  return {error.kind, where + ' ' + error.message};
}

ImageResult<std::unique_ptr<LayerReader>> Unpacking::openLayer(std::size_t index) const {
  const ImageLayer& layer = layers_[index];
  if (!isLayerMediaType(layer.mediaType)) {
    return ImageError{ImageError::Kind::mediaType, "is of the type " + inQuotes(layer.mediaType) +
                                                       ", which is not that of a layer of files (" +
                                                       std::string(kLayerMediaTypes.front()) +
                                                       "+gzip)"};
  }
  const auto blob = store_.file(layer.digest);
  if (blob.has_error()) {
    const ImageError error = fromStore(blob.error());
    return ImageError{error.kind, "cannot be unpacked: " + error.message};
  }
  const std::uint64_t most = limits_.total.bytes() + limits_.entries * kEntryOverhead;
  auto stream =
      LayerStream::open(*blob, {most - std::min(most, streamed_), limits_.ratio, kFreeBytes});
  if (stream.has_error()) return stream.error();
  return LayerReader::open(*std::move(stream));
}

ImageResult<void> Unpacking::unpack(std::size_t index, Pass pass) {
  auto reader = openLayer(index);
  if (reader.has_error()) return inLayer(index, reader.error(), nullptr);
  while (true) {
    const auto entry = (*reader)->next();
    if (entry.has_error()) return inLayer(index, entry.error(), nullptr);
    if (!entry->has_value()) break;
    const auto taken = take(pass, **entry, **reader);
    if (taken.has_error()) return inLayer(index, taken.error(), &**entry);
  }
  if (pass == Pass::entries) streamed_ += (*reader)->streamed();
  return {};
}

ImageResult<void> Unpacking::take(Pass pass, const LayerEntry& entry, LayerReader& reader) {
  const auto name = parseEntryName(entry.path, limits_);
  if (name.has_error()) return name.error();
  const bool ordinary = name->kind == EntryName::Kind::ordinary;
  if (pass == Pass::whiteouts) return ordinary ? ImageResult<void>() : builder_.whiteOut(*name);
  return ordinary ? builder_.add(*name, entry, reader) : ImageResult<void>();
}

}  // namespace

bool isLayerMediaType(std::string_view mediaType) {
  mediaType = mediaType.substr(0, mediaType.find_first_of("; "));
  return std::any_of(kLayerMediaTypes.begin(), kLayerMediaTypes.end(), [&](std::string_view type) {
    return mediaType.starts_with(type) &&
           std::find(kCompressions.begin(), kCompressions.end(), mediaType.substr(type.size())) !=
               kCompressions.end();
  });
}

std::string treeNameOf(std::span<const ImageLayer> layers) {
  std::string whole;
  for (const ImageLayer& layer : layers) whole += layer.digest + '\n';
  return sha256Digest({reinterpret_cast<const std::uint8_t*>(whole.data()), whole.size()})
      .substr(std::string_view("sha256:").size());
}

ImageResult<TreeInfo> unpackImage(BlobStore& store, std::span<const ImageLayer> layers,
                                  const ImageLimits& limits, std::string_view name) {
  auto writer = store.beginTree(name);
  if (writer.has_error()) return fromStore(writer.error());
  TreeInfo info;
  info.folder = store.treeFolder(name);
  if (store.has(name)) {
    info.reused = true;
    return info;
  }
  Unpacking unpacking(store, layers, limits, **writer);
  if (auto done = unpacking.run(); done.has_error()) return done.error();
  const auto bytes = (*writer)->commit();
  if (bytes.has_error()) return fromStore(bytes.error());
  info.bytes = *bytes;
  info.entries = unpacking.builder().entries();
  info.skipped = unpacking.builder().skipped();
  return info;
}

}  // namespace skiff
