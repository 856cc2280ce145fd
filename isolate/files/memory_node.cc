#include "isolate/files/memory_node.h"

#include <utility>

namespace skiff::wasi {
namespace {

/// What a directory says its size is. POSIX gives it no meaning; programs expect it not to be 0.
constexpr std::uint64_t kDirectorySize = 4096;

std::uint64_t newTime(const NewTime& given, std::uint64_t old, std::uint64_t now) {
  switch (given.kind) {
    case NewTime::Kind::keep:
      return old;
    case NewTime::Kind::now:
      return now;
    case NewTime::Kind::given:
      return given.nanoseconds;
  }
  return old;
}

}  // namespace

MemoryNode::MemoryNode(MemoryBudget& budget, FileType type, std::uint64_t inode, std::uint64_t now)
    : times{now, now, now},
      inode_(inode),
      claim_(budget),
      content_(std::in_place_type<MemoryPages>, budget) {
  if (type == FileType::directory) content_.emplace<MemoryEntries>(budget);
}

MemoryNode::MemoryNode(MemoryBudget& budget, std::string target, std::uint64_t inode,
                       std::uint64_t now)
    : times{now, now, now}, inode_(inode), claim_(budget), content_(std::move(target)) {}

bool MemoryNode::claim() {
  std::size_t size = allocatedSize(sizeof(MemoryNode));
  if (isLink()) size += allocatedSize(target().size() + 1);
  return claim_.grow(size);
}

FileType MemoryNode::type() const {
  if (isDirectory()) return FileType::directory;
  return isLink() ? FileType::symbolicLink : FileType::regularFile;
}

FileStat MemoryNode::stat() const {
  FileStat stat;
  stat.device = kDevice;
  stat.inode = inode_;
  stat.type = type();
  stat.links = links;
  stat.size = kDirectorySize;
  if (const auto* pages = std::get_if<MemoryPages>(&content_)) stat.size = pages->size();
  if (isLink()) stat.size = target().size();
  stat.accessed = times.accessed;
  stat.modified = times.modified;
  stat.changed = times.changed;
  return stat;
}

void MemoryNode::setTimes(const NewTimes& given, std::uint64_t now) {
  if (given.accessed.kind == NewTime::Kind::keep && given.modified.kind == NewTime::Kind::keep) {
    return;
  }
  times.accessed = newTime(given.accessed, times.accessed, now);
  times.modified = newTime(given.modified, times.modified, now);
  times.changed = now;
}

}  // namespace skiff::wasi
