#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "deploy/blobs/blob_store.h"
#include "deploy/image/entry_name.h"
#include "deploy/image/image_error.h"
#include "deploy/image/image_limits.h"
#include "deploy/image/layer_reader.h"
#include "deploy/image/tree_walk.h"

namespace skiff {

/// Puts the entries of layers into a folder, one after the other, as layer.md says: what is there
/// is replaced, but a folder by a folder. Never leaves the folder, whatever names and links there
/// are: a name that leads through a link of the tree leads to where that leads within the tree.
/// Files become 0444 or 0555, with their times; owners and all else are not taken. Nobody else may
/// change the folder meanwhile. Errors are without the layer's and the entry's names.
class TreeBuilder {
 public:
  /// Not owned: `writer`, whose folder it is.
  TreeBuilder(BlobStore::TreeWriter& writer, const ImageLimits& limits)
      : writer_(writer), limits_(limits) {}
  ImageResult<void> open();

  /// `reader` is at `entry`. What is neither file, folder nor link is left out, and counted.
  ImageResult<void> add(const EntryName& name, const LayerEntry& entry, LayerReader& reader);
  /// Takes out what a whiteout says; no error if it is not there.
  ImageResult<void> whiteOut(const EntryName& name);

  std::size_t entries() const { return entries_; }
  std::size_t skipped() const { return skipped_; }

 private:
  ImageResult<TreeWalk*> folderOf(const EntryName& name);
  ImageResult<void> addFolder(TreeWalk& folder, const std::string& name);
  ImageResult<void> addFile(TreeWalk& folder, const std::string& name, const LayerEntry& entry,
                            LayerReader& reader);
  ImageResult<void> addSymbolicLink(TreeWalk& folder, const std::string& name,
                                    std::string_view target);
  ImageResult<void> addHardLink(TreeWalk& folder, const std::string& name, std::string_view target);
  ImageResult<void> count(std::size_t entries);
  ImageResult<void> reserve(std::uint64_t bytes);
  ImageResult<void> remove(int folder, const std::string& name);

  BlobStore::TreeWriter& writer_;
  const ImageLimits limits_;
  Descriptor root_;
  /// The folder of the last entry: most follow others of their folder.
  std::optional<TreeWalk> last_;
  PathParts lastFolder_;
  bool stale_ = false;  ///< a folder or link was removed, which might have been on the way there
  std::size_t entries_ = 0;
  std::size_t skipped_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace skiff
