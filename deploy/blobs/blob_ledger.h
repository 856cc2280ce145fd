#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "config/byte_size.h"

namespace skiff {

/// What is in a store, as far as memory knows: the names of blobs and trees with their sizes, who
/// is at which, what is pinned, and how much of the cap is used. The disk is its owner's. Any
/// thread.
class BlobLedger {
 public:
  explicit BlobLedger(ByteSize cap) : cap_(cap) {}

  /// Whoever writes or removes a name has its turn meanwhile.
  class Turn {
   public:
    Turn(std::shared_ptr<BlobLedger> ledger, std::string name)
        : ledger_(std::move(ledger)), name_(std::move(name)) {}
    Turn(Turn&&) = default;
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (ledger_) ledger_->endTurn(name_);
    }
    const std::string& name() const { return name_; }

   private:
    std::shared_ptr<BlobLedger> ledger_;
    std::string name_;
  };
  /// Waits until nobody else has it.
  static Turn turn(const std::shared_ptr<BlobLedger>& ledger, std::string name);

  /// Nothing if it is not there, or damaged.
  std::optional<std::uint64_t> sizeOf(const std::string& name) const;
  /// REQUIRES: the turn. `reserved`: the bytes that were reserved for it, now released.
  void add(const std::string& name, std::uint64_t size, std::uint64_t reserved);
  /// What is on the disk no longer counts as there, though its bytes do.
  void markDamaged(const std::string& name);

  void pin(const std::vector<std::string>& names);
  void unpin(const std::vector<std::string>& names);

  // Bytes of what is unfinished.
  bool reserve(std::uint64_t bytes);
  void release(std::uint64_t bytes);
  /// Whether there would be room.
  bool fits(std::uint64_t bytes) const;
  /// Unfinished blobs that wait for a next writer; their bytes stay reserved. Whoever takes one has
  /// it alone.
  void keep(const std::string& name, std::uint64_t bytes);
  std::optional<std::uint64_t> takeKept(const std::string& name);
  std::vector<std::string> keptNames() const;

  // Collecting: one at a time.
  /// What nobody has pinned and nobody is at.
  std::vector<std::string> startCollecting();
  struct Taken {
    Turn turn;
    std::uint64_t size;  ///< of what is still on the disk
  };
  /// Takes `name` out, unless somebody has pinned it or was at it since startCollecting().
  static std::optional<Taken> takeOut(const std::shared_ptr<BlobLedger>& ledger,
                                      const std::string& name);
  /// What was taken out is still there.
  void putBack(const std::string& name, std::uint64_t size);
  /// Its bytes are gone from the disk.
  void subtract(std::uint64_t stored);
  void endCollecting();

  std::uint64_t stored() const;    ///< bytes of all blobs and trees
  std::uint64_t reserved() const;  ///< bytes of all that is unfinished
  ByteSize cap() const { return cap_; }

 private:
  struct Entry {
    std::uint64_t size = 0;
    bool damaged = false;
  };
  void endTurn(const std::string& name);
  bool fitsLocked(std::uint64_t bytes) const;

  const ByteSize cap_;
  mutable std::mutex mutex_;
  std::condition_variable turnEnded_;
  std::unordered_map<std::string, Entry> entries_;
  std::unordered_map<std::string, std::uint64_t> kept_;
  std::unordered_map<std::string, std::size_t> pins_;
  std::unordered_set<std::string> turns_;
  bool collecting_ = false;
  std::unordered_set<std::string> touched_;  ///< pinned or had a turn while collecting
  std::uint64_t stored_ = 0;
  std::uint64_t reserved_ = 0;
};

}  // namespace skiff
