#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "deploy/image/image_error.h"
#include "deploy/image/image_limits.h"
#include "deploy/image/tree_walk.h"

namespace skiff {

/// What an entry's name says (image-spec, layer.md).
struct EntryName {
  enum class Kind : std::uint8_t {
    ordinary,
    whiteout,  ///< ".wh.NAME": takes NAME out of the layers below
    opaque,    ///< ".wh..wh..opq": takes out all that these have in the folder
    ignored,   ///< ".wh..wh.NAME": for one kind of file system alone
  };
  Kind kind = Kind::ordinary;
  PathParts folder;
  std::string name;  ///< without ".wh."; empty: the tree's root
};

/// Refuses names that are absolute, have "..", are too long or too deep, or cannot be a file's. So
/// they do for what a hard link leads to. Errors are without the layer's and the entry's names.
ImageResult<EntryName> parseEntryName(std::string_view path, const ImageLimits& limits);

}  // namespace skiff
