#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace skiff {

/// Blocks of one size, lent to the connections of a shard, so that an idle connection holds none.
/// The one given back last is lent first: it is still in the cache. One thread.
class BlockPool {
 public:
  using Block = std::unique_ptr<char[]>;

  /// Keeps up to `kept` unused blocks; further ones are freed.
  explicit BlockPool(std::size_t blockSize, std::size_t kept = 64)
      : blockSize_(blockSize), kept_(kept) {
    free_.reserve(kept);
  }

  std::size_t blockSize() const { return blockSize_; }

  /// Uninitialised memory.
  Block take() {
    if (free_.empty()) return Block(new char[blockSize_]);
    Block block = std::move(free_.back());
    free_.pop_back();
    return block;
  }
  void giveBack(Block block) {
    if (free_.size() < kept_) free_.push_back(std::move(block));
  }

 private:
  const std::size_t blockSize_;
  const std::size_t kept_;
  std::vector<Block> free_;
};

}  // namespace skiff
