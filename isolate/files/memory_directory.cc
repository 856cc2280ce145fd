#include "isolate/files/memory_directory.h"

#include <utility>

#include "isolate/files/memory_file.h"
#include "isolate/files/memory_open.h"
#include "isolate/files/memory_walk.h"

namespace skiff::wasi {

MemoryDirectory::MemoryDirectory(std::shared_ptr<MemoryTree> tree, MemoryNodePointer node)
    : tree_(std::move(tree)), node_(std::move(node)) {}

FileResult<FileStat> MemoryDirectory::stat(Patience) {
  return node_->stat();
}

Errno MemoryDirectory::setTimes(const NewTimes& times) {
  node_->setTimes(times, tree_->now());
  return Errno::success;
}

Errno MemoryDirectory::sync(bool) {
  return Errno::success;
}

Errno MemoryDirectory::list(std::uint64_t cookie,
                            const std::function<bool(const DirectoryEntry&)>& take) {
  if (node_->isRemoved()) return Errno::success;
  const MemoryNode& above = node_->parent ? *node_->parent : *node_;
  if (cookie < 1 && !take({1, node_->inode(), FileType::directory, "."})) return Errno::success;
  if (cookie < 2 && !take({2, above.inode(), FileType::directory, ".."})) return Errno::success;
  node_->entries().list(cookie,
                        [&take](std::uint64_t next, std::string_view name, const MemoryNode& node) {
                          return take({next, node.inode(), node.type(), name});
                        });
  return Errno::success;
}

FileResult<std::shared_ptr<File>> MemoryDirectory::open(const std::string& path, const OpenHow& how,
                                                        Patience) {
  const FileResult<MemoryNode*> node = openNode(*tree_, *node_, path, how);
  if (!node) return node.error();
  if ((*node)->isDirectory()) return std::make_shared<MemoryDirectory>(tree_, *node);
  // Linux opens to read what is opened for nothing; and who may cut a file may write to it.
  const bool write = how.write || how.truncate;
  const MemoryFile::Access access{how.read || !write, write, how.append};
  return std::make_shared<MemoryFile>(tree_, *node, access);
}

FileResult<FileStat> MemoryDirectory::statAt(const std::string& path, Follow follow, Patience) {
  const FileResult<MemoryNode*> node = findNode(*node_, path, follow);
  if (!node) return node.error();
  return (*node)->stat();
}

Errno MemoryDirectory::setTimesAt(const std::string& path, Follow follow, const NewTimes& times) {
  const FileResult<MemoryNode*> node = findNode(*node_, path, follow);
  if (!node) return node.error();
  (*node)->setTimes(times, tree_->now());
  return Errno::success;
}

FileResult<std::string> MemoryDirectory::readlink(const std::string& path, Patience) {
  const FileResult<MemoryNode*> node = findNode(*node_, path, Follow::no);
  if (!node) return node.error();
  if (!(*node)->isLink()) return Errno::inval;
  return (*node)->target();
}

}  // namespace skiff::wasi
