#include "isolate/files/memory_open.h"

#include "isolate/files/memory_walk.h"

namespace skiff::wasi {
namespace {

/// What the path of an open leads to.
struct Target {
  MemoryNode* node;
  bool made = false;
  bool asDirectory = false;  ///< it must be one
};

FileResult<Target> findOrMake(MemoryTree& tree, MemoryNode& start, std::string_view path,
                              const OpenHow& how) {
  bool follow = how.follow == Follow::yes && !(how.create && how.exclusive);
  bool asDirectory = how.directory;
  MemoryWalk walk(start, path);
  for (;;) {
    if (const Errno error = walk.toLast(); error != Errno::success) return error;
    if (walk.last() != MemoryWalk::Last::name) {
      const FileResult<MemoryNode*> found = walk.findDots();
      if (!found) return found.error();
      return Target{*found, false, asDirectory};
    }
    if (walk.endsWithSlash()) {
      if (how.create) return Errno::isdir;
      follow = asDirectory = true;
    }
    const FileResult<MemoryNode*> found = walk.find();
    if (!found) return found.error();
    if (!*found) {
      if (!how.create) return Errno::noent;
      MemoryNode* made = tree.makeFile(walk.directory(), walk.name());
      if (!made) return Errno::nospc;
      return Target{made, true, asDirectory};
    }
    if (!(*found)->isLink() || !follow) return Target{*found, false, asDirectory};
    if (const Errno error = walk.follow(**found); error != Errno::success) return error;
  }
}

}  // namespace

FileResult<MemoryNode*> openNode(MemoryTree& tree, MemoryNode& start, std::string_view path,
                                 const OpenHow& how) {
  if (how.create && how.directory) return Errno::inval;
  const FileResult<Target> target = findOrMake(tree, start, path, how);
  if (!target) return target.error();
  MemoryNode& node = *target->node;
  if (target->made) return &node;
  if (how.create && how.exclusive) return Errno::exist;
  if (how.create && node.isDirectory()) return Errno::isdir;
  if (target->asDirectory && !node.isDirectory()) return Errno::notdir;
  if (node.isLink()) return Errno::loop;
  if (node.isDirectory()) {
    if (how.write || how.truncate) return Errno::isdir;
  } else if (how.truncate) {
    node.pages().resize(0);
    node.modify(tree.now());
  }
  return &node;
}

}  // namespace skiff::wasi
