#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/byte_size.h"
#include "config/result.h"

namespace skiff {

/// Why the store did not do what was asked.
struct BlobError {
  enum class Kind : std::uint8_t {
    notFound,
    mismatch,  ///< the bytes are not those of the digest, or not as many as announced
    full,      ///< it would be beyond the store's cap, or the disk is full
    storage,   ///< the disk
  };
  Kind kind = Kind::storage;
  std::string message;  ///< one sentence
  int system = 0;       ///< errno, if it is the disk's doing
};

template <class T>
using BlobResult = Result<T, BlobError>;

/// A content-addressed store in the layout of OCI images (image-spec, image-layout.md): a folder
/// with `oci-layout`, `index.json` and `blobs/<algorithm>/<hex>`, and beside them `trees/<hex>`,
/// the merged files of images, and `work`, what is on its way in or out. A blob appears whole and
/// verified or not at all, and is durable when commit() is back. Digests are "sha256:<hex>" or
/// "sha512:<hex>", in lower case; what is no digest is notFound, whatever it holds, and never
/// becomes part of a path. Calls block for the disk. Any thread; one process: another one that
/// opens the same folder is refused.
class BlobStore {
 public:
  /// Of a data folder, where a daemon has its store.
  static constexpr const char* kFolder = "blobs";

  /// Makes the folder if it is not there. What an earlier process left unfinished is gone then,
  /// except what it kept; of trees, the files are gone with the next collect(). `cap`: bytes of all
  /// blobs, trees and unfinished ones together; what is there already may be more.
  /// `lock`: the lock() of a process that has the store open, and changes nothing in it any more;
  /// it becomes the store's, or is closed. -1: nobody has it open.
  static BlobResult<std::unique_ptr<BlobStore>> open(const std::filesystem::path& folder,
                                                     ByteSize cap, int lock = -1);
  virtual ~BlobStore() = default;

  /// The descriptor that keeps other processes out, as long as one of it is open anywhere. Stays
  /// the store's; -1: it has none.
  virtual int lock() const { return -1; }

  /// A blob on its way in. Destroyed without commit(), it leaves nothing but what keep() kept. Not
  /// beyond its store; one thread at a time.
  class Writer {
   public:
    virtual ~Writer() = default;
    /// How much there is already: of an attempt that was cut, and kept; all of it, if the blob is
    /// in the store. What is written comes behind that.
    virtual std::uint64_t size() const = 0;
    /// `full` as soon as the store's cap, or the announced size (`mismatch`), would be exceeded:
    /// nothing of `bytes` is taken then.
    virtual BlobResult<void> write(std::span<const std::byte> bytes) = 0;
    /// Throws away what there is, to begin anew.
    virtual BlobResult<void> restart() = 0;
    /// Verifies, syncs and puts in place. What is there already stays as it is. `mismatch`: it is
    /// thrown away.
    virtual BlobResult<void> commit() = 0;
    /// Leaves what has come so far for the next writer of this digest, for a day at most.
    virtual void keep() = 0;
  };
  /// There is one writer of a digest at a time: a second call waits for the first writer to go.
  /// `size`: how many bytes are announced. `full` if they cannot fit; `mismatch` if the blob is
  /// there with another size.
  virtual BlobResult<std::unique_ptr<Writer>> begin(std::string_view digest,
                                                    std::uint64_t size) = 0;
  /// The same for bytes that are at hand; gives the digest ("sha256:…"). Who wants them to outlast
  /// a collect() pins sha256Digest(bytes) first.
  virtual BlobResult<std::string> put(std::span<const std::byte> bytes) = 0;

  /// Whether there is such a blob, or a tree of that name.
  virtual bool has(std::string_view name) const = 0;
  /// Its file, read-only. Stays while it is pinned or the catalog needs it.
  virtual BlobResult<std::filesystem::path> file(std::string_view digest) const = 0;
  /// The bytes, checked against the digest. `full` beyond `most`. `mismatch`: the disk has damaged
  /// it; it counts as missing from then on, so that it can be fetched again.
  virtual BlobResult<std::string> read(std::string_view digest, ByteSize most) const = 0;

  /// Keeps blobs and trees from collect() while it lives: for what is being pulled, or is served.
  /// They need not be there yet. May outlive the store.
  class Pin {
   public:
    virtual ~Pin() = default;
  };
  [[nodiscard]] virtual std::shared_ptr<Pin> pin(std::vector<std::string> names) = 0;

  /// Where the merged files of an image are, or will be. Read-only. Empty if `name` cannot be a
  /// tree's: 1 to 128 of [0-9a-f].
  virtual std::filesystem::path treeFolder(std::string_view name) const = 0;

  /// A tree on its way in (see deploy/image), as a Writer is for a blob.
  class TreeWriter {
   public:
    virtual ~TreeWriter() = default;
    /// An empty folder (0700) to fill. Goes with the writer, with all that is in it, unless
    /// commit() succeeds.
    virtual const std::filesystem::path& folder() const = 0;
    /// Counts `bytes` that are about to be written. `full` if the cap would be exceeded.
    virtual BlobResult<void> reserve(std::uint64_t bytes) = 0;
    /// Makes its folders read-only, syncs it and puts it in place, whole; gives the bytes that
    /// count from then on. What is there already stays as it is.
    virtual BlobResult<std::uint64_t> commit() = 0;
  };
  /// One writer of a tree at a time, as with begin(): so ask has() once this is back.
  virtual BlobResult<std::unique_ptr<TreeWriter>> beginTree(std::string_view name) = 0;

  struct Collected {
    std::size_t blobs = 0;
    std::size_t trees = 0;
    std::uint64_t bytes = 0;
  };
  /// Removes what is neither needed, pinned nor being written, and attempts that were kept for more
  /// than a day. `needed` names blobs and trees; it is asked once what is unpinned is known, and
  /// what gets pinned from then on stays: so what is pinned until the catalog names it is never
  /// removed. If `needed` fails, nothing is.
  virtual BlobResult<Collected> collect(
      const std::function<BlobResult<std::vector<std::string>>()>& needed) = 0;

  /// Bytes that a blob or a tree counts; 0 if it is not there.
  virtual std::uint64_t sizeOf(std::string_view name) const = 0;
  virtual std::uint64_t bytes() const = 0;  ///< of all blobs and trees
  virtual ByteSize cap() const = 0;
};

}  // namespace skiff
