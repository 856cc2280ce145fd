#pragma once

#include <memory>

#include "isolate/files/file.h"
#include "isolate/files/memory_node.h"
#include "isolate/files/memory_tree.h"

namespace skiff::wasi {

/// A directory of a MemoryFileSystem, open.
class MemoryDirectory final : public File {
 public:
  /// REQUIRES: `node` is a directory of `tree`.
  MemoryDirectory(std::shared_ptr<MemoryTree> tree, MemoryNodePointer node);

  FileType type() const override { return FileType::directory; }
  bool immediate() const override { return true; }
  FileResult<FileStat> stat(Patience patience) override;
  Errno setTimes(const NewTimes& times) override;
  Errno sync(bool dataOnly) override;
  Errno list(std::uint64_t cookie, const std::function<bool(const DirectoryEntry&)>& take) override;
  FileResult<std::shared_ptr<File>> open(const std::string& path, const OpenHow& how,
                                         Patience patience) override;
  FileResult<FileStat> statAt(const std::string& path, Follow follow, Patience patience) override;
  Errno setTimesAt(const std::string& path, Follow follow, const NewTimes& times) override;
  Errno makeDirectory(const std::string& path) override;
  Errno removeDirectory(const std::string& path) override;
  Errno unlink(const std::string& path) override;
  Errno rename(const std::string& path, File& to, const std::string& toPath) override;
  Errno link(const std::string& path, File& to, const std::string& toPath) override;
  Errno symlink(const std::string& target, const std::string& path) override;
  FileResult<std::string> readlink(const std::string& path, Patience patience) override;

 private:
  /// `other` as a directory of the same file system.
  FileResult<MemoryDirectory*> sibling(File& other) const;

  // Behind the node, the tree may go.
  std::shared_ptr<MemoryTree> tree_;
  MemoryNodePointer node_;
};

}  // namespace skiff::wasi
