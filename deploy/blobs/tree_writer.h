#pragma once

#include "deploy/blobs/disk_blob_store.h"

namespace skiff {

/// A tree on its way into a DiskBlobStore.
class DiskTreeWriter final : public BlobStore::TreeWriter {
 public:
  DiskTreeWriter(DiskBlobStore& store, BlobLedger::Turn turn)
      : store_(store),
        turn_(std::move(turn)),
        part_(store.folder().treePart(turn_.name())),
        files_(part_ / "files") {}
  ~DiskTreeWriter() override;
  DiskTreeWriter(const DiskTreeWriter&) = delete;
  DiskTreeWriter& operator=(const DiskTreeWriter&) = delete;

  BlobResult<void> start();

  const std::filesystem::path& folder() const override { return files_; }
  BlobResult<void> reserve(std::uint64_t bytes) override;
  BlobResult<std::uint64_t> commit() override;

 private:
  DiskBlobStore& store_;
  const BlobLedger::Turn turn_;
  const std::filesystem::path part_;   ///< what becomes the tree's folder
  const std::filesystem::path files_;  ///< in it
  std::uint64_t reserved_ = 0;
};

}  // namespace skiff
