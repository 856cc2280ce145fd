#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "deploy/blobs/blob_digest.h"
#include "deploy/blobs/blob_store.h"
#include "deploy/blobs/descriptor.h"

namespace skiff {

/// `what` ("cannot write") failed at `path`, as errno says: `full` if there is no room, else
/// `storage`.
BlobError diskError(std::string_view what, const std::filesystem::path& path, int number);

/// Makes what was renamed into a folder, or made there, last.
BlobResult<void> syncFolder(const std::filesystem::path& folder);

/// Where things are in a store's folder, and the marks of an OCI image layout. Locked for this
/// process while it lives.
class StoreFolder {
 public:
  /// Makes what is missing: folders 0700, `oci-layout` and an empty `index.json`.
  /// `lock`: another process', which is to be shared; empty: one of its own.
  static BlobResult<StoreFolder> open(const std::filesystem::path& path, Descriptor lock = {});
  int lock() const { return lock_.number(); }

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path blobs(DigestAlgorithm algorithm) const;
  std::filesystem::path blob(const BlobDigest& digest) const;
  std::filesystem::path trees() const { return path_ / "trees"; }
  /// REQUIRES (for those with `name`): isTreeName(name).
  std::filesystem::path tree(std::string_view name) const { return trees() / name; }
  std::filesystem::path treeFiles(std::string_view name) const { return tree(name) / "files"; }
  /// Says, in decimal digits, what the tree beside it counts.
  std::filesystem::path treeBytes(std::string_view name) const { return tree(name) / "bytes"; }

  /// What is on its way in or out: of no use to the next process.
  std::filesystem::path work() const { return path_ / "work"; }
  std::filesystem::path part(const BlobDigest& digest) const;
  std::filesystem::path treePart(std::string_view name) const;
  std::filesystem::path treeLeaving(std::string_view name) const;
  /// Except these: blobs for a next writer, with what has come.
  std::filesystem::path kept(const BlobDigest& digest) const;

  using FoundBlob = std::function<void(const BlobDigest& digest, std::uint64_t size)>;
  /// Whole ones. What is no blob by its name is not looked at.
  BlobResult<void> eachBlob(const FoundBlob& found) const;
  /// Kept ones. Of all else under work(), files are removed; folders are set aside for removeOld(),
  /// since a start must not wait for the many files that they may have.
  BlobResult<void> eachKept(const FoundBlob& found) const;
  BlobResult<void> removeOld() const;
  BlobResult<void> eachTree(
      const std::function<void(std::string_view name, std::uint64_t bytes)>& found) const;
  /// Whether a kept blob has waited for a day.
  bool isStale(const std::filesystem::path& kept) const;

 private:
  StoreFolder(std::filesystem::path path, Descriptor lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}
  BlobResult<void> setAside(const std::filesystem::path& folder) const;

  std::filesystem::path path_;
  Descriptor lock_;
};

/// 1 to 128 of [0-9a-f].
bool isTreeName(std::string_view name);

}  // namespace skiff
