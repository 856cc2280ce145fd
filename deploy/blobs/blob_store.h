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
};

template <class T>
using BlobResult = Result<T, BlobError>;

/// A content-addressed store in the layout of OCI images (image-spec, image-layout.md): a folder
/// with `oci-layout`, `index.json` and `blobs/<algorithm>/<hex>`. A blob appears whole and verified
/// or not at all, and is durable when commit() is back. Digests are "sha256:<hex>", or
/// "sha512:<hex>"; what is no digest is notFound, whatever it holds. Any thread; one process.
class BlobStore {
 public:
  /// Makes the folder if it is not there. `cap`: bytes of all blobs and unfinished ones together.
  static BlobResult<std::unique_ptr<BlobStore>> open(const std::filesystem::path& folder,
                                                     ByteSize cap);
  virtual ~BlobStore() = default;

  /// A blob on its way in. Destroyed without commit(), it leaves nothing but what keep() kept.
  class Writer {
   public:
    virtual ~Writer() = default;
    /// How much there is already: of an attempt that was cut, and kept.
    virtual std::uint64_t size() const = 0;
    /// `full` as soon as the store's cap, or the announced size (`mismatch`), would be exceeded.
    virtual BlobResult<void> write(std::span<const std::byte> bytes) = 0;
    /// Throws away what there is, to begin anew.
    virtual BlobResult<void> restart() = 0;
    /// Verifies, syncs and puts in place. What is there already stays as it is. `mismatch`: it is
    /// thrown away.
    virtual BlobResult<void> commit() = 0;
    /// Leaves what has come so far for the next writer of this digest, for a day at most.
    virtual void keep() = 0;
  };
  /// REQUIRES: one writer of a digest at a time; a second one waits for the first to go.
  virtual BlobResult<std::unique_ptr<Writer>> begin(std::string_view digest,
                                                    std::uint64_t size) = 0;
  /// The same for bytes that are at hand; gives the digest ("sha256:…").
  virtual BlobResult<std::string> put(std::span<const std::byte> bytes) = 0;

  virtual bool has(std::string_view digest) const = 0;
  /// Its file, read-only. Stays while it is pinned or the catalog needs it.
  virtual BlobResult<std::filesystem::path> file(std::string_view digest) const = 0;
  /// The bytes, checked against the digest. `full` beyond `most`.
  virtual BlobResult<std::string> read(std::string_view digest, ByteSize most) const = 0;

  /// Keeps blobs and trees from collect() while it lives: for what is being pulled, or is served.
  class Pin {
   public:
    virtual ~Pin() = default;
  };
  [[nodiscard]] virtual std::shared_ptr<Pin> pin(std::vector<std::string> names) = 0;

  /// Where the merged files of images are: `trees/<hex>` beside the blobs, each made by
  /// deploy/image in a folder of its own under `staging()` and renamed here when it is whole.
  virtual std::filesystem::path treeFolder(std::string_view name) const = 0;
  virtual std::filesystem::path staging() = 0;

  struct Collected {
    std::size_t blobs = 0;
    std::size_t trees = 0;
    std::uint64_t bytes = 0;
  };
  /// Removes what is neither named nor pinned, and attempts that were kept for more than a day.
  /// `needed` is asked for once what is unpinned is known: so what is unpinned only after the
  /// catalog names it is never removed.
  virtual BlobResult<Collected> collect(
      const std::function<BlobResult<std::vector<std::string>>()>& needed) = 0;

  virtual std::uint64_t bytes() const = 0;  ///< of all blobs and trees
  virtual ByteSize cap() const = 0;
};

}  // namespace skiff
