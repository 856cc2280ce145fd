#include "isolate/files/memory_walk.h"

#include <algorithm>

namespace skiff::wasi {
namespace {

/// What Linux's system calls say of a path before they follow it.
Errno check(std::string_view path) {
  if (path.empty()) return Errno::noent;
  if (path.size() > MemoryWalk::kMaxPath) return Errno::nametoolong;
  if (path.find('\0') != std::string_view::npos) return Errno::inval;
  if (path.front() == '/') return Errno::notcapable;
  return Errno::success;
}

}  // namespace

MemoryWalk::MemoryWalk(MemoryNode& start, std::string_view path)
    : start_(start), at_(&start), rest_{path}, error_(check(path)) {}

Errno MemoryWalk::toLast() {
  while (error_ == Errno::success) {
    const Component component = next();
    name_ = component.name;
    endsWithSlash_ = component.slash;
    last_ = name_ == "." ? Last::dot : name_ == ".." ? Last::dotDot : Last::name;
    if (!component.more) break;

    const FileResult<MemoryNode*> found = last_ == Last::name ? find() : findDots();
    if (!found) {
      error_ = found.error();
    } else if (!*found) {
      error_ = Errno::noent;
    } else if ((*found)->isLink()) {
      error_ = follow(**found);
    } else if (!(*found)->isDirectory()) {
      error_ = Errno::notdir;
    } else {
      at_ = *found;
    }
  }
  return error_;
}

MemoryWalk::Component MemoryWalk::next() {
  // The path is not empty and does not begin with a slash, and neither does what a link points at.
  if (rest_.back().empty()) rest_.pop_back();
  std::string_view& rest = rest_.back();
  const std::size_t end = std::min(rest.find('/'), rest.size());
  const std::size_t behind = std::min(rest.find_first_not_of('/', end), rest.size());
  const Component component{rest.substr(0, end), end < rest.size(),
                            behind < rest.size() || rest_.size() > 1};
  rest.remove_prefix(behind);
  return component;
}

FileResult<MemoryNode*> MemoryWalk::find() const {
  if (at_->isRemoved()) return Errno::noent;
  if (name_.size() > kMaxName) return Errno::nametoolong;
  return at_->entries().find(name_);
}

FileResult<MemoryNode*> MemoryWalk::findDots() const {
  if (last_ == Last::dot) return at_;
  if (at_ == &start_ || !at_->parent) return Errno::notcapable;
  return at_->parent;
}

Errno MemoryWalk::follow(const MemoryNode& link) {
  if (++links_ > kMaxLinks) return Errno::loop;
  const std::string_view target = link.target();
  if (target.starts_with('/')) return Errno::notcapable;
  // Where a link ends the link that led to it, or the path, nothing is left of that.
  if (rest_.back().empty()) rest_.pop_back();
  rest_.push_back(target);
  return Errno::success;
}

FileResult<MemoryNode*> findNode(MemoryNode& start, std::string_view path, Follow follow) {
  MemoryWalk walk(start, path);
  bool asDirectory = false;
  for (;;) {
    if (const Errno error = walk.toLast(); error != Errno::success) return error;
    if (walk.last() != MemoryWalk::Last::name) return walk.findDots();
    if (walk.endsWithSlash()) asDirectory = true;
    const FileResult<MemoryNode*> found = walk.find();
    if (!found) return found;
    if (!*found) return Errno::noent;
    if ((*found)->isLink() && (asDirectory || follow == Follow::yes)) {
      if (const Errno error = walk.follow(**found); error != Errno::success) return error;
      continue;
    }
    if (asDirectory && !(*found)->isDirectory()) return Errno::notdir;
    return found;
  }
}

}  // namespace skiff::wasi
