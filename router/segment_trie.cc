#include "router/segment_trie.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace skiff {
namespace {

constexpr std::size_t kMinCapacity = 16;
/// A random table of this load has probes of some 20 slots at worst; more than this is bad luck or
/// somebody's doing.
constexpr std::size_t kGoodProbe = 32;
constexpr unsigned kSeedsPerCapacity = 8;
constexpr unsigned kCapacities = 4;
constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;

/// One round: bijective in `hash ^ word`, so words of one length never collide before truncation.
std::uint64_t mixed(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * kOdd;
  return hash ^ hash >> 32;
}

template <class T>
T load(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// Up to eight bytes as one word, by loads of fixed size that may overlap. Different texts of one
/// length give different words.
std::uint64_t lastWord(std::string_view text) {
  const std::size_t size = text.size();
  const char* const first = text.data();
  if (size == sizeof(std::uint64_t)) return load<std::uint64_t>(first);
  if (size >= sizeof(std::uint32_t)) {
    const char* const last = first + size - sizeof(std::uint32_t);
    return std::uint64_t{load<std::uint32_t>(last)} << 32 | load<std::uint32_t>(first);
  }
  if (size == 0) return 0;
  const auto byteAt = [first](std::size_t i) {
    return std::uint64_t{static_cast<unsigned char>(first[i])};
  };
  return byteAt(0) | byteAt(size / 2) << 8 | byteAt(size - 1) << 16;
}

std::uint16_t tagOf(std::uint64_t hash) {
  return static_cast<std::uint16_t>(hash >> 48);
}

}  // namespace

SegmentTrieBuilder::Node SegmentTrieBuilder::addChild(Node parent, std::string_view name) {
  const auto [edge, isNew] = edges_.try_emplace({parent, std::string(name)}, nodes_);
  if (isNew) ++nodes_;
  return edge->second;
}

SegmentTrie::SegmentTrie(const SegmentTrieBuilder& builder) {
  std::vector<Slot> edges;
  edges.reserve(builder.edges_.size());
  for (const auto& [key, child] : builder.edges_) {
    const auto& [parent, name] = key;
    edges.push_back({parent, child, static_cast<std::uint32_t>(names_.size()),
                     static_cast<std::uint16_t>(name.size()), 0});
    names_ += name;
  }
  std::size_t capacity = std::max(kMinCapacity, std::bit_ceil(edges.size() * 2));
  for (unsigned doubling = 0; doubling < kCapacities; ++doubling, capacity *= 2) {
    for (unsigned attempt = 0; attempt < kSeedsPerCapacity; ++attempt) {
      seed_ = mixed(seed_ + kOdd, kOdd);
      fill(edges, capacity);
      if (longestProbe_ <= kGoodProbe) return;
    }
  }
  // As it is, it is slow for some names and still right.
}

void SegmentTrie::fill(const std::vector<Slot>& edges, std::size_t capacity) {
  slots_.assign(capacity, Slot{});
  longestProbe_ = 0;
  const std::size_t mask = capacity - 1;
  for (Slot edge : edges) {
    const std::uint64_t hash = hashOf(edge.parent, nameOf(edge));
    edge.tag = tagOf(hash);
    std::size_t index = hash & mask;
    std::size_t probe = 1;
    for (; slots_[index].child != kNone; ++probe) index = (index + 1) & mask;
    slots_[index] = edge;
    longestProbe_ = std::max(longestProbe_, probe);
  }
}

SegmentTrie::Node SegmentTrie::child(Node parent, std::string_view name) const {
  const std::uint64_t hash = hashOf(parent, name);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t index = hash & mask;; index = (index + 1) & mask) {
    const Slot& slot = slots_[index];
    if (slot.child == kNone) return kNone;
    if (slot.tag == tagOf(hash) && slot.parent == parent && nameOf(slot) == name) return slot.child;
  }
}

std::uint64_t SegmentTrie::hashOf(Node parent, std::string_view name) const {
  std::uint64_t hash = mixed(seed_, std::uint64_t{parent} << 32 | name.size());
  while (name.size() > sizeof(std::uint64_t)) {
    hash = mixed(hash, load<std::uint64_t>(name.data()));
    name.remove_prefix(sizeof(std::uint64_t));
  }
  return mixed(mixed(hash, lastWord(name)), seed_);
}

}  // namespace skiff
