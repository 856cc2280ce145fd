#include "isolate/files/memory_file_system.h"

#include <utility>

#include "isolate/files/memory_directory.h"
#include "isolate/files/memory_tree.h"

namespace skiff::wasi {

MemoryFileSystem::MemoryFileSystem(MemoryBudget& budget, std::function<std::uint64_t()> clock)
    : tree_(std::make_shared<MemoryTree>(budget, std::move(clock))) {}

std::shared_ptr<File> MemoryFileSystem::root() const {
  return std::make_shared<MemoryDirectory>(tree_, &tree_->root());
}

}  // namespace skiff::wasi
