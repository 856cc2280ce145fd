#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "server/http/block_pool.h"

namespace skiff {

/// What a connection has to send, in two parts: *pending* bytes, which are final and may be sent at
/// any time, and behind them *held* body bytes, whose framing (an answer's head, a chunk's size) is
/// not known yet. Room is left in front of the held bytes, so that a small answer's head lands
/// directly before its body and both go out in one system call, copied once.
///
/// Pending and held body bytes together are bounded by `kCapacity`; heads come on top. Holds a
/// block only while there is something in it. One thread.
class OutputBuffer {
 public:
  static constexpr std::size_t kCapacity = 64 << 10;
  /// Heads up to this size are placed without moving the body.
  static constexpr std::size_t kHeadRoom = 1 << 10;

  explicit OutputBuffer(BlockPool& pool) : pool_(pool) {}
  ~OutputBuffer();
  OutputBuffer(const OutputBuffer&) = delete;
  OutputBuffer& operator=(const OutputBuffer&) = delete;

  /// How many bytes hold() would take.
  std::size_t room() const;
  std::size_t heldSize() const { return heldEnd_ - heldBegin_; }
  std::size_t pendingSize() const { return end_ - begin_ + large_.size() - largeSent_; }
  bool empty() const { return pendingSize() == 0 && heldSize() == 0; }

  /// Takes what there is room for.
  std::size_t hold(std::span<const std::byte> bytes);
  void dropHeld();
  /// Makes `before`, the held bytes and `after` pending, in this order.
  void release(std::string_view before, std::string_view after = {});
  /// Makes `before` and then `large` pending without copying `large`. REQUIRES: nothing is held,
  /// and nothing is added before all is sent.
  void releaseLarge(std::string_view before, std::string large);
  /// Makes `text` pending, before what is held.
  void insert(std::string_view text);

  /// The pending bytes, in at most two pieces.
  struct Pending {
    std::array<std::string_view, 2> pieces;
  };
  Pending pending() const;
  /// That many pending bytes have been sent.
  void consume(std::size_t bytes);
  void clear();

  /// Whether blocks are borrowed from the pool, as they are at first, or allocated: for a time in
  /// which another thread has the pool.
  void usePool(bool use) { usesPool_ = use; }

 private:
  BlockPool::Block takeBlock();
  void giveBackBlock();

  /// Makes sure that `bytes` fit behind what is there.
  void reserveBehind(std::size_t bytes);
  void relocate(std::size_t capacity);

  BlockPool& pool_;
  bool usesPool_ = true;
  BlockPool::Block data_;
  std::size_t capacity_ = 0;  ///< larger than a block if a head is
  std::size_t begin_ = 0;     ///< [begin_, end_) is pending
  std::size_t end_ = 0;
  std::size_t heldBegin_ = 0;  ///< [heldBegin_, heldEnd_) is held; at or behind end_
  std::size_t heldEnd_ = 0;
  std::string large_;
  std::size_t largeSent_ = 0;
};

}  // namespace skiff
