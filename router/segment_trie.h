#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skiff {

/// Collects the edges of a SegmentTrie. Nodes are numbers, handed out in order from 0; what they
/// mean is their user's. Edges are named by strings: host labels, path segments.
class SegmentTrieBuilder {
 public:
  using Node = std::uint32_t;
  static constexpr std::size_t kMaxName = UINT16_MAX;

  /// A node that no edge leads to: the root of a tree of its own.
  Node addRoot() { return nodes_++; }
  /// The node behind the edge `name` of `parent`, made if there is none. REQUIRES: `name` has at
  /// most kMaxName bytes.
  Node addChild(Node parent, std::string_view name);

 private:
  friend class SegmentTrie;

  // Ordered: no choice of names makes it slow.
  std::map<std::pair<Node, std::string>, Node> edges_;
  Node nodes_ = 0;
};

/// Trees packed for walking: all edges are in one flat hash table keyed by (node, name), so that a
/// step is one probe, usually of one cache line. Immutable, so callable from any thread.
class SegmentTrie {
 public:
  using Node = SegmentTrieBuilder::Node;
  static constexpr Node kNone = UINT32_MAX;

  SegmentTrie() : SegmentTrie(SegmentTrieBuilder()) {}
  /// Picks the hash seed such that no step takes long, whoever chose the names: names that collide
  /// under one seed do not under the next.
  explicit SegmentTrie(const SegmentTrieBuilder& builder);

  /// kNone if there is no such edge.
  Node child(Node parent, std::string_view name) const;
  /// The most slots that one step looks at before it finds its edge.
  std::size_t longestProbe() const { return longestProbe_; }

 private:
  struct Slot {
    Node parent = kNone;
    Node child = kNone;  // kNone: the slot is free
    std::uint32_t nameOffset = 0;
    std::uint16_t nameSize = 0;
    std::uint16_t tag =
        0;  // of the hash, so that names are compared only when they are likely equal
  };

  std::string_view nameOf(const Slot& slot) const {
    return std::string_view(names_).substr(slot.nameOffset, slot.nameSize);
  }
  std::uint64_t hashOf(Node parent, std::string_view name) const;
  void fill(const std::vector<Slot>& edges, std::size_t capacity);

  std::vector<Slot> slots_;  // a power of two, at most half full
  std::string names_;
  std::uint64_t seed_ = 0;
  std::size_t longestProbe_ = 0;
};

}  // namespace skiff
