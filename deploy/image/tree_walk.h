#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "deploy/blobs/descriptor.h"

namespace skiff {

/// The parts of a path between its slashes.
using PathParts = std::vector<std::string>;

/// Without what is empty or ".".
PathParts splitPath(std::string_view path);

/// Where a symbolic link leads to, as a link that stays inside: relative to `folder` (the parts of
/// the path of the folder that it is in, none of them a link), without "..", except at the front.
/// What is absolute is taken from the tree's root. Nothing if it leads out of the tree. Links in
/// this form, wherever they lead each other, never do.
std::optional<std::string> linkInside(const PathParts& folder, std::string_view target);

struct WalkError {
  enum class Kind : std::uint8_t {
    missing,
    notFolder,
    outside,
    tooManyLinks,
    tooDeep,
    system,  ///< `number` is errno
  };
  Kind kind = Kind::system;
  int number = 0;
};

/// A walk from a tree's root into its folders. It follows links itself, one part at a time, each
/// opened from the folder before, so that it never gets above the root: ".." there is refused, and
/// what is absolute begins there.
class TreeWalk {
 public:
  enum class Missing : std::uint8_t { refuse, make };

  /// `root`: an open folder, not owned. `depth`: the most folders below each other.
  TreeWalk(int root, std::size_t depth) : root_(root), most_(depth) {}

  /// From where it is.
  Result<void, WalkError> enter(const PathParts& parts, Missing missing = Missing::refuse);
  /// The folder that it is in, open (O_PATH) while the walk lives and goes no further.
  int folder() const { return levels_.empty() ? root_ : levels_.back().folder.number(); }
  /// Its path from the root, without links.
  PathParts path() const;
  std::size_t depth() const { return levels_.size(); }
  std::size_t made() const { return made_; }  ///< folders

 private:
  struct Level {
    Descriptor folder;
    std::string name;
  };
  Result<void, WalkError> enterFolder(const std::string& name, Missing missing,
                                      PathParts& reversed);

  int root_;
  std::size_t most_;
  std::vector<Level> levels_;
  std::size_t made_ = 0;
  int links_ = 0;
};

/// Where a link leads to, as it is on the disk; nothing if `name` is no link.
std::optional<std::string> readLink(int folder, const std::string& name);

}  // namespace skiff
