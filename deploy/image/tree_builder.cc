#include "deploy/image/tree_builder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "config/printable.h"
#include "deploy/blobs/tree_files.h"

namespace skiff {
namespace {

using Kind = ImageError::Kind;

/// What a failed system call means.
ImageError treeError(std::string_view what, int number) {
  const bool full = number == ENOSPC || number == EDQUOT;
  std::string message = std::string(what) + ": " + std::generic_category().message(number);
  if (full) message += "; make room on the disk of the blob store";
  return {full ? Kind::full : Kind::storage, std::move(message)};
}

ImageError walkError(const WalkError& error) {
  switch (error.kind) {
    case WalkError::Kind::missing:
    case WalkError::Kind::notFolder:
      return {Kind::notFolder, "is below what is no folder"};
    case WalkError::Kind::outside:
      return {Kind::linkOutside, "is reached by a link that leads out of the image"};
    case WalkError::Kind::tooManyLinks:
      return {Kind::notFolder, "is reached by links that lead in a circle"};
    case WalkError::Kind::tooDeep:
      return {Kind::tooDeep, "is, by the links on its way, below too many folders"};
    case WalkError::Kind::system:
      break;
  }
  return treeError("cannot be reached", error.number);
}

/// At an offset: what lies between is a hole.
int writeAt(int file, std::span<const std::byte> bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return 0;
}

std::string beyond(ByteSize limit, const char* of) {
  return "more than the " + limit.text() + " that " + of + " may have";
}

}  // namespace

ImageResult<void> TreeBuilder::open() {
  root_ =
      Descriptor(::open(writer_.folder().c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!root_) return treeError("cannot open the folder of the tree", errno);
  return {};
}

ImageResult<void> TreeBuilder::count(std::size_t entries) {
  entries_ += entries;
  if (entries_ <= limits_.entries) return {};
  return ImageError{Kind::tooManyEntries, "is one of more than the " +
                                              std::to_string(limits_.entries) +
                                              " files, folders and links that an image may have"};
}

ImageResult<void> TreeBuilder::reserve(std::uint64_t bytes) {
  if (bytes > limits_.total.bytes() - bytes_) {
    return ImageError{Kind::tooLarge,
                      "brings the image to " + beyond(limits_.total, "all files together")};
  }
  bytes_ += bytes;
  const auto reserved = writer_.reserve(treeBytesOf(bytes));
  if (reserved.has_value()) return {};
  const bool full = reserved.error().kind == BlobError::Kind::full;
  return ImageError{full ? Kind::full : Kind::storage,
                    "cannot be stored: " + reserved.error().message};
}

ImageResult<TreeWalk*> TreeBuilder::folderOf(const EntryName& name) {
  if (last_ && !stale_ && lastFolder_ == name.folder) return &*last_;
  stale_ = false;
  last_.emplace(root_.number(), limits_.depth);
  lastFolder_ = name.folder;
  const auto entered = last_->enter(name.folder, TreeWalk::Missing::make);
  const std::size_t made = last_->made();
  if (entered.has_error()) {
    last_.reset();
    return walkError(entered.error());
  }
  if (auto counted = count(made); counted.has_error()) return counted.error();
  for (std::size_t i = 0; i < made; ++i) {
    if (auto reserved = reserve(0); reserved.has_error()) return reserved.error();
  }
  return &*last_;
}

ImageResult<void> TreeBuilder::remove(int folder, const std::string& name) {
  struct stat status {};
  if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
    stale_ = stale_ || !S_ISREG(status.st_mode);
    if (const int error = removeAt(folder, name.c_str()); error != 0) {
      return treeError("cannot be taken out", error);
    }
  }
  return {};
}

ImageResult<void> TreeBuilder::add(const EntryName& name, const LayerEntry& entry,
                                   LayerReader& reader) {
  if (auto counted = count(1); counted.has_error()) return counted;
  if (entry.type == LayerEntry::Type::other) {
    ++skipped_;
    return {};
  }
  if (name.name.empty()) {
    if (entry.type == LayerEntry::Type::folder) return {};
    return ImageError{Kind::badName, "is named as the image's root, and is no folder"};
  }
  const auto folder = folderOf(name);
  if (folder.has_error()) return folder.error();
  switch (entry.type) {
    case LayerEntry::Type::folder:
      return addFolder(**folder, name.name);
    case LayerEntry::Type::symbolicLink:
      return addSymbolicLink(**folder, name.name, entry.target);
    case LayerEntry::Type::hardLink:
      return addHardLink(**folder, name.name, entry.target);
    default:
      return addFile(**folder, name.name, entry, reader);
  }
}

ImageResult<void> TreeBuilder::addFolder(TreeWalk& folder, const std::string& name) {
  if (folder.depth() >= limits_.depth) return walkError({WalkError::Kind::tooDeep});
  struct stat status {};
  if (::fstatat(folder.folder(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
    if (S_ISDIR(status.st_mode)) return {};
    if (auto removed = remove(folder.folder(), name); removed.has_error()) return removed;
  }
  if (auto reserved = reserve(0); reserved.has_error()) return reserved;
  if (::mkdirat(folder.folder(), name.c_str(), 0700) != 0) {
    return treeError("cannot be made", errno);
  }
  return {};
}

ImageResult<void> TreeBuilder::addFile(TreeWalk& folder, const std::string& name,
                                       const LayerEntry& entry, LayerReader& reader) {
  if (entry.size > limits_.file.bytes()) {
    return ImageError{Kind::fileTooLarge, "says that it has " + std::to_string(entry.size) +
                                              " bytes, " + beyond(limits_.file, "one file")};
  }
  if (auto reserved = reserve(entry.size); reserved.has_error()) return reserved;
  if (auto removed = remove(folder.folder(), name); removed.has_error()) return removed;
  const Descriptor file(::openat(folder.folder(), name.c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return treeError("cannot be made", errno);
  while (true) {
    const auto data = reader.data();
    if (data.has_error()) return data.error();
    if (!data->has_value()) break;
    const auto [offset, bytes] = **data;
    if (offset > entry.size || bytes.size() > entry.size - offset) {
      return ImageError{Kind::damaged, "has more content than it says"};
    }
    if (const int error = writeAt(file.number(), bytes, offset); error != 0) {
      return treeError("cannot be written", error);
    }
  }
  const timespec times[2] = {{entry.modified, 0}, {entry.modified, 0}};
  if (::ftruncate(file.number(), static_cast<off_t>(entry.size)) != 0 ||
      ::fchmod(file.number(), entry.executable ? 0555 : 0444) != 0) {
    return treeError("cannot be written", errno);
  }
  // A time that the file system cannot hold is no reason to refuse the file.
  (void)::futimens(file.number(), times);
  return {};
}

ImageResult<void> TreeBuilder::addSymbolicLink(TreeWalk& folder, const std::string& name,
                                               std::string_view target) {
  if (target.empty()) return ImageError{Kind::badLink, "is a symbolic link to nothing"};
  if (target.size() > limits_.pathLength) {
    return ImageError{Kind::pathTooLong, "is a link to a name of " + std::to_string(target.size()) +
                                             " bytes; at most " +
                                             std::to_string(limits_.pathLength) + " are allowed"};
  }
  const auto inside = linkInside(folder.path(), target);
  if (!inside) {
    return ImageError{Kind::linkOutside,
                      "is a symbolic link to " + inQuotes(target) + ", which is out of the image"};
  }
  if (auto reserved = reserve(0); reserved.has_error()) return reserved;
  if (auto removed = remove(folder.folder(), name); removed.has_error()) return removed;
  if (::symlinkat(inside->c_str(), folder.folder(), name.c_str()) != 0) {
    return treeError("cannot be made", errno);
  }
  return {};
}

ImageResult<void> TreeBuilder::addHardLink(TreeWalk& folder, const std::string& name,
                                           std::string_view target) {
  const auto parsed = parseEntryName(target, limits_);
  const auto bad = [&](const std::string& why) {
    return ImageError{Kind::badLink, "is a hard link to " + inQuotes(target) + ", which " + why};
  };
  if (parsed.has_error())
    return ImageError{parsed.error().kind, bad(parsed.error().message).message};
  TreeWalk from(root_.number(), limits_.depth);
  struct stat old {};
  if (parsed->kind != EntryName::Kind::ordinary || parsed->name.empty() ||
      from.enter(parsed->folder).has_error() ||
      ::fstatat(from.folder(), parsed->name.c_str(), &old, AT_SYMLINK_NOFOLLOW) != 0) {
    return bad("is not in the image so far");
  }
  if (!S_ISREG(old.st_mode)) return bad("is no file");
  struct stat there {};
  if (::fstatat(folder.folder(), name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
      there.st_dev == old.st_dev && there.st_ino == old.st_ino) {
    return {};  // a link to itself must not be removed first
  }
  if (auto removed = remove(folder.folder(), name); removed.has_error()) return removed;
  if (::linkat(from.folder(), parsed->name.c_str(), folder.folder(), name.c_str(), 0) != 0) {
    if (errno == ENOENT) return bad("was in the folder that it takes the place of");
    return treeError("cannot be made", errno);
  }
  return {};
}

ImageResult<void> TreeBuilder::whiteOut(const EntryName& name) {
  TreeWalk folder(root_.number(), limits_.depth);
  if (const auto entered = folder.enter(name.folder); entered.has_error()) {
    if (entered.error().kind == WalkError::Kind::system) return walkError(entered.error());
    return {};
  }
  if (name.kind == EntryName::Kind::whiteout) return remove(folder.folder(), name.name);
  if (name.kind != EntryName::Kind::opaque) return {};
  Descriptor opened(::openat(folder.folder(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, int (*)(DIR*)> listed(opened ? ::fdopendir(opened.number()) : nullptr,
                                                   ::closedir);
  if (!listed) return treeError("cannot be taken out", errno);
  opened.release();
  std::vector<std::string> names;
  while (const dirent* each = ::readdir(listed.get())) {
    const std::string_view found = each->d_name;
    if (found != "." && found != "..") names.emplace_back(found);
  }
  for (const std::string& each : names) {
    if (auto removed = remove(folder.folder(), each); removed.has_error()) return removed;
  }
  return {};
}

}  // namespace skiff
