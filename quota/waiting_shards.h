#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace skiff {

/// On which shards requests wait because of a tenant's or an app's limit, so that what is given
/// back on one shard goes to all of them in turn. Shards are known by their number modulo kPlaces;
/// those with the same place count as one. Any thread.
class WaitingShards {
 public:
  static constexpr std::size_t kPlaces = 64;
  static std::size_t placeOf(std::size_t shard) { return shard % kPlaces; }

  void add(std::size_t place) { set_.fetch_or(bit(place), std::memory_order_relaxed); }
  void remove(std::size_t place) { set_.fetch_and(~bit(place), std::memory_order_relaxed); }
  bool has(std::size_t place) const {
    return (set_.load(std::memory_order_relaxed) & bit(place)) != 0;
  }
  bool any() const { return set_.load(std::memory_order_relaxed) != 0; }

  /// The place whose turn it is, of those in either; nothing if there are none.
  static std::optional<std::size_t> next(WaitingShards& one, const WaitingShards& other) {
    const std::uint64_t set =
        one.set_.load(std::memory_order_relaxed) | other.set_.load(std::memory_order_relaxed);
    if (set == 0) return std::nullopt;
    const std::size_t from = (one.last_.load(std::memory_order_relaxed) + 1) % kPlaces;
    const std::uint64_t turned = std::rotr(set, static_cast<int>(from));
    const std::size_t place = (from + static_cast<std::size_t>(std::countr_zero(turned))) % kPlaces;
    one.last_.store(place, std::memory_order_relaxed);
    return place;
  }

 private:
  static std::uint64_t bit(std::size_t place) { return std::uint64_t{1} << place; }

  std::atomic<std::uint64_t> set_{0};
  std::atomic<std::size_t> last_{0};
};

}  // namespace skiff
