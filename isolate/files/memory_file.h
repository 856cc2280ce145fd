#pragma once

#include <memory>

#include "isolate/files/file.h"
#include "isolate/files/memory_node.h"
#include "isolate/files/memory_tree.h"

namespace skiff::wasi {

/// A regular file of a MemoryFileSystem, open. The file lives on when its last name goes.
class MemoryFile final : public File {
 public:
  struct Access {
    bool read;
    bool write;
    bool append;
  };
  /// REQUIRES: `node` is a regular file of `tree`.
  MemoryFile(std::shared_ptr<MemoryTree> tree, MemoryNodePointer node, Access access);

  const MemoryTree& tree() const { return *tree_; }

  FileType type() const override { return FileType::regularFile; }
  bool immediate() const override { return true; }
  FileResult<FileStat> stat(Patience patience) override;
  Errno setTimes(const NewTimes& times) override;
  Errno sync(bool dataOnly) override;
  FileResult<std::size_t> read(std::span<std::byte> into, std::optional<std::uint64_t> offset,
                               Patience patience) override;
  FileResult<std::size_t> write(std::span<const std::byte> from,
                                std::optional<std::uint64_t> offset) override;
  FileResult<std::uint64_t> seek(std::int64_t offset, Whence whence) override;
  Errno setAppend(bool append) override;
  Errno setSize(std::uint64_t size) override;
  Errno allocate(std::uint64_t offset, std::uint64_t length) override;
  Errno advise(std::uint64_t offset, std::uint64_t length, std::uint32_t advice) override;

 private:
  // Behind the node, the tree may go.
  std::shared_ptr<MemoryTree> tree_;
  MemoryNodePointer node_;
  Access access_;
  std::uint64_t position_ = 0;  // at most MemoryPages::kMaxSize
};

}  // namespace skiff::wasi
