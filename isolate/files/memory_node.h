#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include "isolate/files/file.h"
#include "isolate/files/memory_budget.h"
#include "isolate/files/memory_entries.h"
#include "isolate/files/memory_pages.h"

namespace skiff::wasi {

/// A file, directory or symbolic link. It lives as long as a name or an open file refers to it.
/// MemoryTree makes nodes and keeps their links, parents and times right.
class MemoryNode : public boost::intrusive_ref_counter<MemoryNode, boost::thread_unsafe_counter> {
 public:
  /// The same for every file system in memory, and no device of Linux's, whose numbers have 32
  /// bits.
  static constexpr std::uint64_t kDevice = 0x736b'6966'66;

  struct Times {
    // Nanoseconds since 1970. Reading does not move `accessed`, as if mounted with noatime.
    std::uint64_t accessed;
    std::uint64_t modified;
    std::uint64_t changed;
  };

  /// A file or directory, empty. `budget` must outlive it.
  MemoryNode(MemoryBudget& budget, FileType type, std::uint64_t inode, std::uint64_t now);
  /// A symbolic link.
  MemoryNode(MemoryBudget& budget, std::string target, std::uint64_t inode, std::uint64_t now);

  /// Claims the node itself and what a symbolic link points at; until then only content is claimed.
  [[nodiscard]] bool claim();

  FileType type() const;
  bool isDirectory() const { return std::holds_alternative<MemoryEntries>(content_); }
  bool isLink() const { return std::holds_alternative<std::string>(content_); }
  FileStat stat() const;

  /// REQUIRES: it is a file.
  MemoryPages& pages() { return std::get<MemoryPages>(content_); }
  /// REQUIRES: it is a directory.
  MemoryEntries& entries() { return std::get<MemoryEntries>(content_); }
  /// REQUIRES: it is a symbolic link.
  const std::string& target() const { return std::get<std::string>(content_); }

  std::uint64_t inode() const { return inode_; }
  /// A directory that was removed while open: it has no parent and nothing can be made in it.
  bool isRemoved() const { return links == 0; }

  /// Its content changed.
  void modify(std::uint64_t now) { times.modified = times.changed = now; }
  void setTimes(const NewTimes& given, std::uint64_t now);

  std::uint64_t links = 0;       ///< as st_nlink: a directory's subdirectories count too
  MemoryNode* parent = nullptr;  ///< a directory's; null for the root and what was removed
  Times times;

 private:
  std::uint64_t inode_;
  MemoryClaim claim_;
  std::variant<MemoryPages, MemoryEntries, std::string> content_;
};

}  // namespace skiff::wasi
