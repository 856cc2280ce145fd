#pragma once

#include <memory>
#include <optional>

#include "deploy/blobs/disk_blob_store.h"

namespace skiff {

/// A blob on its way into a DiskBlobStore.
class BlobWriter final : public BlobStore::Writer {
 public:
  BlobWriter(DiskBlobStore& store, BlobLedger::Turn turn, BlobDigest digest,
             std::uint64_t announced)
      : store_(store), turn_(std::move(turn)), digest_(std::move(digest)), announced_(announced) {}
  ~BlobWriter() override;
  BlobWriter(const BlobWriter&) = delete;
  BlobWriter& operator=(const BlobWriter&) = delete;

  /// Picks up what was kept, or finds the blob whole.
  BlobResult<void> start();

  std::uint64_t size() const override { return size_; }
  BlobResult<void> write(std::span<const std::byte> bytes) override;
  BlobResult<void> restart() override;
  BlobResult<void> commit() override;
  void keep() override { keeping_ = true; }

 private:
  bool resume(std::uint64_t reserved);
  BlobResult<void> openPart();
  void discard();
  bool leaveForNext();
  BlobError mismatch(std::string_view what) const;

  DiskBlobStore& store_;
  const BlobLedger::Turn turn_;
  const BlobDigest digest_;
  const std::uint64_t announced_;

  Descriptor part_;  ///< empty: nothing was written yet
  std::optional<DigestState> state_;
  std::uint64_t size_ = 0;
  bool there_ = false;  ///< it is in the store: size_ is all of it, though there is no part
  bool keeping_ = false;
};

}  // namespace skiff
