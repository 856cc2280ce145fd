#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "deploy/blobs/blob_ledger.h"
#include "deploy/blobs/blob_store.h"
#include "deploy/blobs/store_folder.h"

namespace skiff {

/// A store on a disk of this machine: the folder, and a ledger of what is in it.
class DiskBlobStore final : public BlobStore {
 public:
  DiskBlobStore(StoreFolder folder, ByteSize cap)
      : folder_(std::move(folder)), ledger_(std::make_shared<BlobLedger>(cap)) {}
  /// Enters what is on the disk into the ledger.
  BlobResult<void> scan();

  BlobResult<std::unique_ptr<Writer>> begin(std::string_view digest, std::uint64_t size) override;
  BlobResult<std::string> put(std::span<const std::byte> bytes) override;
  bool has(std::string_view name) const override;
  BlobResult<std::filesystem::path> file(std::string_view digest) const override;
  BlobResult<std::string> read(std::string_view digest, ByteSize most) const override;
  std::shared_ptr<Pin> pin(std::vector<std::string> names) override;
  std::filesystem::path treeFolder(std::string_view name) const override;
  BlobResult<std::unique_ptr<TreeWriter>> beginTree(std::string_view name) override;
  BlobResult<Collected> collect(
      const std::function<BlobResult<std::vector<std::string>>()>& needed) override;
  std::uint64_t sizeOf(std::string_view name) const override {
    return ledger_->sizeOf(std::string(name)).value_or(0);
  }
  std::uint64_t bytes() const override { return ledger_->stored(); }
  ByteSize cap() const override { return ledger_->cap(); }
  int lock() const override { return folder_.lock(); }

  // For its writers.
  /// Gives up what was kept, if that makes the room.
  BlobResult<void> reserve(std::uint64_t bytes);
  const StoreFolder& folder() const { return folder_; }
  BlobLedger& ledger() { return *ledger_; }

 private:
  BlobError full(std::uint64_t bytes) const;
  void removeKept(const std::string& name);
  BlobResult<void> remove(const std::string& name, std::uint64_t size);

  const StoreFolder folder_;
  const std::shared_ptr<BlobLedger> ledger_;
  std::mutex collecting_;
};

}  // namespace skiff
