// The calls of a directory that make, remove and move names. The order of the checks is Linux's, as
// more than one error may be true at once.

#include "isolate/files/memory_directory.h"
#include "isolate/files/memory_file.h"
#include "isolate/files/memory_walk.h"

namespace skiff::wasi {
namespace {

/// Goes to the place of a name. `..` where the path starts stands outside, whatever would be done
/// to it.
Errno findPlace(MemoryWalk& walk) {
  if (const Errno error = walk.toLast(); error != Errno::success) return error;
  if (walk.last() == MemoryWalk::Last::name) return Errno::success;
  return walk.findDots() ? Errno::success : walk.findDots().error();
}

enum class Making : std::uint8_t { directory, other };

/// Whether something can be made at a place that was found.
Errno checkFree(const MemoryWalk& walk, Making making) {
  if (walk.last() != MemoryWalk::Last::name) return Errno::exist;
  const FileResult<MemoryNode*> found = walk.find();
  if (!found) return found.error();
  if (*found) return Errno::exist;
  if (walk.endsWithSlash() && making != Making::directory) return Errno::noent;
  return Errno::success;
}

Errno findFreePlace(MemoryWalk& walk, Making making) {
  const Errno error = findPlace(walk);
  return error != Errno::success ? error : checkFree(walk, making);
}

Errno checkRename(const MemoryWalk& from, const MemoryNode& node, const MemoryWalk& to,
                  MemoryNode* replaced) {
  if (!node.isDirectory() && (from.endsWithSlash() || to.endsWithSlash())) return Errno::notdir;
  if (isAtOrAbove(node, to.directory())) return Errno::inval;
  if (!replaced) return Errno::success;
  if (isAtOrAbove(*replaced, from.directory())) return Errno::notempty;
  if (replaced == &node) return Errno::success;
  if (node.isDirectory() && !replaced->isDirectory()) return Errno::notdir;
  if (!node.isDirectory() && replaced->isDirectory()) return Errno::isdir;
  if (replaced->isDirectory() && !replaced->entries().empty()) return Errno::notempty;
  return Errno::success;
}

}  // namespace

Errno MemoryDirectory::makeDirectory(const std::string& path) {
  MemoryWalk walk(*node_, path);
  const Errno error = findFreePlace(walk, Making::directory);
  if (error != Errno::success) return error;
  return tree_->makeDirectory(walk.directory(), walk.name()) ? Errno::success : Errno::nospc;
}

Errno MemoryDirectory::symlink(const std::string& target, const std::string& path) {
  if (target.empty()) return Errno::noent;
  if (target.size() > MemoryWalk::kMaxPath) return Errno::nametoolong;
  if (target.find('\0') != std::string::npos) return Errno::inval;
  MemoryWalk walk(*node_, path);
  const Errno error = findFreePlace(walk, Making::other);
  if (error != Errno::success) return error;
  return tree_->makeLink(walk.directory(), walk.name(), target) ? Errno::success : Errno::nospc;
}

Errno MemoryDirectory::removeDirectory(const std::string& path) {
  MemoryWalk walk(*node_, path);
  if (const Errno error = findPlace(walk); error != Errno::success) return error;
  if (walk.last() == MemoryWalk::Last::dot) return Errno::inval;
  if (walk.last() == MemoryWalk::Last::dotDot) return Errno::notempty;
  const FileResult<MemoryNode*> found = walk.find();
  if (!found) return found.error();
  if (!*found) return Errno::noent;
  if (!(*found)->isDirectory()) return Errno::notdir;
  if (!(*found)->entries().empty()) return Errno::notempty;
  tree_->remove(walk.directory(), walk.name());
  return Errno::success;
}

Errno MemoryDirectory::unlink(const std::string& path) {
  MemoryWalk walk(*node_, path);
  if (const Errno error = findPlace(walk); error != Errno::success) return error;
  if (walk.last() != MemoryWalk::Last::name) return Errno::isdir;
  const FileResult<MemoryNode*> found = walk.find();
  if (!found) return found.error();
  if (!*found) return Errno::noent;
  if ((*found)->isDirectory()) return Errno::isdir;
  if (walk.endsWithSlash()) return Errno::notdir;
  tree_->remove(walk.directory(), walk.name());
  return Errno::success;
}

Errno MemoryDirectory::link(const std::string& path, File& to, const std::string& toPath) {
  MemoryWalk from(*node_, path);
  if (const Errno error = findPlace(from); error != Errno::success) return error;
  const FileResult<MemoryDirectory*> toDirectory = sibling(to);
  if (!toDirectory) return toDirectory.error();
  MemoryWalk into(*(*toDirectory)->node_, toPath);
  if (const Errno error = findPlace(into); error != Errno::success) return error;

  // Once more, for the slash that may be behind it.
  const FileResult<MemoryNode*> node = findNode(*node_, path, Follow::no);
  if (!node) return node.error();
  if (const Errno error = checkFree(into, Making::other); error != Errno::success) return error;
  if ((*node)->isDirectory()) return Errno::perm;
  return tree_->link(into.directory(), into.name(), **node) ? Errno::success : Errno::nospc;
}

Errno MemoryDirectory::rename(const std::string& path, File& to, const std::string& toPath) {
  MemoryWalk from(*node_, path);
  if (const Errno error = findPlace(from); error != Errno::success) return error;
  const FileResult<MemoryDirectory*> toDirectory = sibling(to);
  if (!toDirectory) return toDirectory.error();
  MemoryWalk into(*(*toDirectory)->node_, toPath);
  if (const Errno error = findPlace(into); error != Errno::success) return error;
  if (from.last() != MemoryWalk::Last::name) return Errno::busy;
  if (into.last() != MemoryWalk::Last::name) return Errno::busy;

  const FileResult<MemoryNode*> node = from.find();
  if (!node) return node.error();
  if (!*node) return Errno::noent;
  const FileResult<MemoryNode*> replaced = into.find();
  if (!replaced) return replaced.error();
  const Errno error = checkRename(from, **node, into, *replaced);
  if (error != Errno::success || *replaced == *node) return error;
  return tree_->move(from.directory(), from.name(), into.directory(), into.name()) ? Errno::success
                                                                                   : Errno::nospc;
}

FileResult<MemoryDirectory*> MemoryDirectory::sibling(File& other) const {
  if (auto* directory = dynamic_cast<MemoryDirectory*>(&other)) {
    if (directory->tree_ == tree_) return directory;
  }
  const auto* file = dynamic_cast<MemoryFile*>(&other);
  return file && &file->tree() == tree_.get() ? Errno::notdir : Errno::xdev;
}

}  // namespace skiff::wasi
