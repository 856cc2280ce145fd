#include "isolate/files/memory_tree.h"

#include <utility>
#include <vector>

namespace skiff::wasi {

MemoryTree::MemoryTree(MemoryBudget& budget, Clock clock)
    : budget_(budget),
      clock_(std::move(clock)),
      root_(new MemoryNode(budget, FileType::directory, ++lastInode_, now())) {
  root_->links = 2;
}

MemoryTree::~MemoryTree() {
  // One after the other: a directory that took its entries along would go as deep as the tree.
  std::vector<MemoryNodePointer> doomed;
  doomed.push_back(std::move(root_));
  while (!doomed.empty()) {
    const MemoryNodePointer node = std::move(doomed.back());
    doomed.pop_back();
    if (node->isDirectory()) node->entries().moveTo(doomed);
  }
}

MemoryNode* MemoryTree::makeFile(MemoryNode& directory, std::string_view name) {
  return add(directory, name, new MemoryNode(budget_, FileType::regularFile, ++lastInode_, now()));
}

MemoryNode* MemoryTree::makeDirectory(MemoryNode& directory, std::string_view name) {
  return add(directory, name, new MemoryNode(budget_, FileType::directory, ++lastInode_, now()));
}

MemoryNode* MemoryTree::makeLink(MemoryNode& directory, std::string_view name,
                                 const std::string& target) {
  return add(directory, name, new MemoryNode(budget_, target, ++lastInode_, now()));
}

MemoryNode* MemoryTree::add(MemoryNode& directory, std::string_view name, MemoryNodePointer node) {
  if (!node->claim() || !directory.entries().add(name, node)) return nullptr;
  attach(directory, *node);
  directory.modify(node->times.changed);
  return node.get();
}

bool MemoryTree::link(MemoryNode& directory, std::string_view name, MemoryNode& node) {
  if (!directory.entries().add(name, &node)) return false;
  attach(directory, node);
  node.times.changed = now();
  directory.modify(node.times.changed);
  return true;
}

void MemoryTree::remove(MemoryNode& directory, std::string_view name) {
  const MemoryNodePointer node = directory.entries().remove(name);
  detach(directory, *node);
  node->times.changed = now();
  directory.modify(node->times.changed);
}

bool MemoryTree::move(MemoryNode& directory, std::string_view name, MemoryNode& toDirectory,
                      std::string_view toName) {
  const MemoryNodePointer node = directory.entries().find(name);
  const std::uint64_t moved = now();
  if (toDirectory.entries().find(toName)) {
    const MemoryNodePointer replaced = toDirectory.entries().replace(toName, node);
    directory.entries().remove(name);
    detach(toDirectory, *replaced);
    replaced->times.changed = moved;
  } else if (!directory.entries().move(name, toDirectory.entries(), toName)) {
    return false;
  }
  detach(directory, *node);
  attach(toDirectory, *node);
  node->times.changed = moved;
  directory.modify(moved);
  toDirectory.modify(moved);
  return true;
}

void MemoryTree::attach(MemoryNode& directory, MemoryNode& node) {
  ++node.links;
  if (!node.isDirectory()) return;
  ++node.links;  // its own "."; below, its ".."
  ++directory.links;
  node.parent = &directory;
}

void MemoryTree::detach(MemoryNode& directory, MemoryNode& node) {
  --node.links;
  if (!node.isDirectory()) return;
  --node.links;
  --directory.links;
  node.parent = nullptr;
}

bool isAtOrAbove(const MemoryNode& node, const MemoryNode& directory) {
  if (!node.isDirectory()) return false;
  const MemoryNode* at = &directory;
  while (at && at != &node) at = at->parent;
  return at;
}

}  // namespace skiff::wasi
