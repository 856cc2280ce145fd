#include "deploy/blobs/tree_writer.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "deploy/blobs/tree_files.h"
#include "deploy/blobs/write_file.h"

namespace skiff {

DiskTreeWriter::~DiskTreeWriter() {
  // What cannot be removed now is when the store is opened next.
  (void)removeTree(part_);
  store_.ledger().release(reserved_);
}

BlobResult<void> DiskTreeWriter::start() {
  if (auto removed = removeTree(part_); removed.has_error()) return removed;
  for (const auto& folder : {part_, files_}) {
    if (::mkdir(folder.c_str(), 0700) != 0) return diskError("cannot make", folder, errno);
  }
  return {};
}

BlobResult<void> DiskTreeWriter::reserve(std::uint64_t bytes) {
  auto reserved = store_.reserve(bytes);
  if (reserved.has_value()) reserved_ += bytes;
  return reserved;
}

BlobResult<std::uint64_t> DiskTreeWriter::commit() {
  const std::string& name = turn_.name();
  if (store_.has(name)) return store_.ledger().sizeOf(name).value_or(0);
  const auto measured = sealTree(files_);
  if (measured.has_error()) return measured.error();
  const std::string text = std::to_string(*measured);
  auto noted = writeFile(part_ / store_.folder().treeBytes(name).filename(), part_ / "part",
                         std::as_bytes(std::span(text)), 0444);
  if (noted.has_error()) return noted.error();

  // One sync of the file system: a tree has too many files to sync each of them.
  const Descriptor folder(::open(part_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::syncfs(folder.number()) != 0) return diskError("cannot sync", part_, errno);
  const auto place = store_.folder().tree(name);
  // What somebody left of it who tidied up by hand.
  if (auto removed = removeTree(place); removed.has_error()) return removed.error();
  if (::rename(part_.c_str(), place.c_str()) != 0) {
    return diskError("cannot put in place", place, errno);
  }
  if (auto synced = syncFolder(place.parent_path()); synced.has_error()) {
    // A later attempt would find it there, and promise what may not outlast a loss of power.
    (void)removeTree(place);
    return synced.error();
  }
  store_.ledger().add(name, *measured, std::exchange(reserved_, 0));
  return *measured;
}

}  // namespace skiff
