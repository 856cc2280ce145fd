#include "deploy/image/entry_name.h"

#include <algorithm>

namespace skiff {
namespace {

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";
constexpr std::size_t kLongestPart = 255;  // as Linux has it

ImageError traversal(std::string what) {
  return {ImageError::Kind::traversal, std::move(what) + ", which would lead out of the image"};
}

ImageError tooLong(const char* what, std::size_t size, std::size_t most) {
  return {ImageError::Kind::pathTooLong, std::string(what) + " has " + std::to_string(size) +
                                             " bytes; at most " + std::to_string(most) +
                                             " are allowed"};
}

}  // namespace

ImageResult<EntryName> parseEntryName(std::string_view path, const ImageLimits& limits) {
  if (path.empty()) return ImageError{ImageError::Kind::badName, "has no name"};
  if (path.size() > limits.pathLength) return tooLong("its name", path.size(), limits.pathLength);
  if (path.front() == '/') return traversal("has an absolute name");
  EntryName name{EntryName::Kind::ordinary, splitPath(path), ""};
  for (const std::string& part : name.folder) {
    if (part == "..") return traversal("has \"..\" in its name");
    if (part.size() > kLongestPart) return tooLong("a part of its name", part.size(), kLongestPart);
  }
  if (name.folder.empty()) return name;
  name.name = std::move(name.folder.back());
  name.folder.pop_back();
  if (name.folder.size() > limits.depth) {
    return ImageError{
        ImageError::Kind::tooDeep,
        "is below more than the " + std::to_string(limits.depth) + " folders that are allowed"};
  }
  if (std::any_of(name.folder.begin(), name.folder.end(),
                  [](const std::string& part) { return part.starts_with(kWhiteout); })) {
    return ImageError{ImageError::Kind::badName,
                      "is in a folder whose name begins as a whiteout's, \".wh.\""};
  }
  if (!name.name.starts_with(kWhiteout)) return name;
  if (name.name == kOpaque) {
    name.kind = EntryName::Kind::opaque;
  } else if (name.name.starts_with(".wh..wh.")) {
    name.kind = EntryName::Kind::ignored;
  } else {
    name.kind = EntryName::Kind::whiteout;
    name.name.erase(0, kWhiteout.size());
    if (name.name == "." || name.name == "..") return traversal("is a whiteout of " + name.name);
    if (name.name.empty()) return ImageError{ImageError::Kind::badName, "is a whiteout of nothing"};
  }
  return name;
}

}  // namespace skiff
