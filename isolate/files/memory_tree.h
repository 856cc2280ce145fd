#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "isolate/files/file.h"
#include "isolate/files/memory_budget.h"
#include "isolate/files/memory_node.h"

namespace skiff::wasi {

/// The tree of nodes: every change to it, with the counts of links, the parents and the times that
/// go with it. Whether a change is allowed is for the caller to know.
class MemoryTree {
 public:
  /// Nanoseconds since 1970.
  using Clock = std::function<std::uint64_t()>;

  /// `budget` must outlive it.
  MemoryTree(MemoryBudget& budget, Clock clock);
  /// However deep it is. REQUIRES: no node is used any more.
  ~MemoryTree();
  MemoryTree(const MemoryTree&) = delete;
  MemoryTree& operator=(const MemoryTree&) = delete;

  MemoryNode& root() { return *root_; }
  std::uint64_t now() const { return clock_(); }

  // Names below are at most 255 bytes and no `.` or `..`; a directory is not removed. What adds
  // answers null or false if the budget has no room, and has changed nothing then.
  /// REQUIRES: `name` is free.
  [[nodiscard]] MemoryNode* makeFile(MemoryNode& directory, std::string_view name);
  [[nodiscard]] MemoryNode* makeDirectory(MemoryNode& directory, std::string_view name);
  [[nodiscard]] MemoryNode* makeLink(MemoryNode& directory, std::string_view name,
                                     const std::string& target);
  /// REQUIRES: `name` is free and `node` is no directory.
  [[nodiscard]] bool link(MemoryNode& directory, std::string_view name, MemoryNode& node);
  /// REQUIRES: `name` is taken; if by a directory, then an empty one.
  void remove(MemoryNode& directory, std::string_view name);
  /// In place of what had the new name.
  /// REQUIRES: `name` is taken; what has the new name may be removed, and is not the same node; a
  /// directory is not moved into itself.
  [[nodiscard]] bool move(MemoryNode& directory, std::string_view name, MemoryNode& toDirectory,
                          std::string_view toName);

 private:
  MemoryNode* add(MemoryNode& directory, std::string_view name, MemoryNodePointer node);
  /// Counts a directory's or another node's new place.
  void attach(MemoryNode& directory, MemoryNode& node);
  /// Counts that it lost its place.
  void detach(MemoryNode& directory, MemoryNode& node);

  MemoryBudget& budget_;
  Clock clock_;
  std::uint64_t lastInode_ = 0;
  MemoryNodePointer root_;
};

/// Whether `node` is `directory` or above it.
bool isAtOrAbove(const MemoryNode& node, const MemoryNode& directory);

}  // namespace skiff::wasi
