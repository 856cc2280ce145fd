#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "isolate/files/file.h"
#include "isolate/files/memory_node.h"

namespace skiff::wasi {

/// Follows one path as openat2(2) does with RESOLVE_BENEATH: nothing that leads out of the
/// directory where it starts, be it on the way back in (`notcapable`), and no more than 40 symbolic
/// links
/// (`loop`). It stops before the last component, for which calls differ. The tree must not change
/// meanwhile; path and start must outlive the walk.
class MemoryWalk {
 public:
  static constexpr std::size_t kMaxPath = 4095;
  static constexpr std::size_t kMaxName = 255;
  static constexpr int kMaxLinks = 40;

  enum class Last : std::uint8_t { name, dot, dotDot };

  /// REQUIRES: `start` is a directory.
  MemoryWalk(MemoryNode& start, std::string_view path);

  /// Goes to the directory that the last component is in.
  Errno toLast();

  // The last component. REQUIRES: toLast() succeeded.
  MemoryNode& directory() const { return *at_; }
  Last last() const { return last_; }
  std::string_view name() const { return name_; }
  bool endsWithSlash() const { return endsWithSlash_; }

  /// What has the last component's name; null if nothing has.
  FileResult<MemoryNode*> find() const;
  /// What a last component that is no name stands for.
  FileResult<MemoryNode*> findDots() const;
  /// Takes what a symbolic link points at for the rest of the path; toLast() goes on with it.
  /// REQUIRES: `link` is what find() answered.
  Errno follow(const MemoryNode& link);

 private:
  /// A component, whether a slash ends it, and whether another comes behind it.
  struct Component {
    std::string_view name;
    bool slash = false;
    bool more = false;
  };
  Component next();

  MemoryNode& start_;
  MemoryNode* at_;
  /// What is still to go: of the path at the bottom, of links that were followed above it. Only the
  /// top can be empty.
  std::vector<std::string_view> rest_;
  int links_ = 0;
  Errno error_ = Errno::success;
  Last last_ = Last::name;
  std::string_view name_;
  bool endsWithSlash_ = false;
};

/// What a path leads to. A slash behind it asks for a directory, through a symbolic link if need
/// be.
FileResult<MemoryNode*> findNode(MemoryNode& start, std::string_view path, Follow follow);

}  // namespace skiff::wasi
