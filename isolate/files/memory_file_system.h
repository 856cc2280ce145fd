#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "isolate/files/file.h"
#include "isolate/files/memory_budget.h"

namespace skiff::wasi {

class MemoryTree;

/// A file system in memory, private to whoever holds it: no system call, no file of the host. It
/// does what Linux's tmpfs does for its owner, seen through openat2(2) with RESOLVE_BENEATH and
/// RESOLVE_NO_MAGICLINKS, but has no permissions and does not move access times on reading.
///
/// Claimed from the budget are the pages of files, of 4 KiB and only where something was written,
/// and the nodes, names and entries, all as the allocator counts them; not the root, nor what an
/// open file takes besides (some hundred bytes; the table of descriptors bounds those). A call that
/// the budget refuses answers `nospc` and changes nothing, but for a write that had room for a
/// part. What is deleted is given back at once, or when its last open file is closed. Nothing
/// bounds the depth but the budget.
///
/// One thread at a time, for all files together.
class MemoryFileSystem {
 public:
  /// `budget` must outlive this and every file. `clock`: nanoseconds since 1970.
  MemoryFileSystem(MemoryBudget& budget, std::function<std::uint64_t()> clock);

  /// The root, opened anew; it keeps the file system alive, as any file does.
  std::shared_ptr<File> root() const;

 private:
  std::shared_ptr<MemoryTree> tree_;
};

}  // namespace skiff::wasi
