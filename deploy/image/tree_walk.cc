#include "deploy/image/tree_walk.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <climits>

namespace skiff {
namespace {

constexpr int kOpenFolder = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr int kMostLinks = 40;  // as Linux has it

WalkError systemError(int number) {
  return {WalkError::Kind::system, number};
}

}  // namespace

PathParts splitPath(std::string_view path) {
  PathParts parts;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    if (!part.empty() && part != ".") parts.emplace_back(part);
    path.remove_prefix(std::min(path.size(), part.size() + 1));
  }
  return parts;
}

std::optional<std::string> linkInside(const PathParts& folder, std::string_view target) {
  const std::size_t mostUp = target.starts_with('/') ? 0 : folder.size();
  std::size_t up = 0;
  PathParts down;
  for (std::string& part : splitPath(target)) {
    if (part != "..") {
      down.push_back(std::move(part));
    } else if (!down.empty()) {
      down.pop_back();
    } else if (++up > mostUp) {
      return std::nullopt;
    }
  }
  if (target.starts_with('/')) up = folder.size();
  std::string inside;
  for (; up > 0; --up) inside += "../";
  for (const std::string& part : down) inside += part + '/';
  if (inside.empty()) return ".";
  inside.pop_back();
  return inside;
}

std::optional<std::string> readLink(int folder, const std::string& name) {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlinkat(folder, name.c_str(), target.data(), target.size());
  if (size < 0) return std::nullopt;
  return std::string(target.data(), static_cast<std::size_t>(size));
}

PathParts TreeWalk::path() const {
  PathParts parts;
  for (const Level& level : levels_) parts.push_back(level.name);
  return parts;
}

Result<void, WalkError> TreeWalk::enter(const PathParts& parts, Missing missing) {
  PathParts reversed(parts.rbegin(), parts.rend());
  while (!reversed.empty()) {
    const std::string part = std::move(reversed.back());
    reversed.pop_back();
    if (part == "..") {
      if (levels_.empty()) return WalkError{WalkError::Kind::outside};
      levels_.pop_back();
    } else if (auto entered = enterFolder(part, missing, reversed); entered.has_error()) {
      return entered;
    }
  }
  return {};
}

/// What a link leads to is put before what is still to go.
Result<void, WalkError> TreeWalk::enterFolder(const std::string& name, Missing missing,
                                              PathParts& reversed) {
  Descriptor opened(::openat(folder(), name.c_str(), kOpenFolder));
  if (!opened && errno == ENOENT && missing == Missing::make) {
    if (levels_.size() >= most_) return WalkError{WalkError::Kind::tooDeep};
    if (::mkdirat(folder(), name.c_str(), 0700) != 0) return systemError(errno);
    ++made_;
    opened = Descriptor(::openat(folder(), name.c_str(), kOpenFolder));
  }
  if (opened) {
    if (levels_.size() >= most_) return WalkError{WalkError::Kind::tooDeep};
    levels_.push_back({std::move(opened), name});
    return {};
  }
  if (errno == ENOENT) return WalkError{WalkError::Kind::missing};
  if (errno != ENOTDIR && errno != ELOOP) return systemError(errno);
  const auto target = readLink(folder(), name);
  if (!target) return WalkError{WalkError::Kind::notFolder};
  if (++links_ > kMostLinks) return WalkError{WalkError::Kind::tooManyLinks};
  if (target->starts_with('/')) levels_.clear();
  const PathParts parts = splitPath(*target);
  reversed.insert(reversed.end(), parts.rbegin(), parts.rend());
  return {};
}

}  // namespace skiff
