#pragma once

#include <cstdint>
#include <string>

#include "config/result.h"

namespace skiff {

/// Why an image cannot be used.
struct ImageError {
  enum class Kind : std::uint8_t {
    blob,         ///< a layer is not in the store
    mediaType,    ///< a layer is not a tar archive that is known here
    damaged,      ///< a layer ends early, or is not what it says
    traversal,    ///< an entry's name is absolute, or has ".."
    badName,      ///< an entry's name cannot be a file's
    pathTooLong,  ///< these seven: a limit
    tooDeep,
    tooManyEntries,
    tooManyLayers,
    fileTooLarge,
    tooLarge,
    ratio,
    linkOutside,  ///< a symbolic link leads out of the tree
    badLink,      ///< a hard link to what is no file in the tree
    notFolder,    ///< an entry is said to be in what is no folder
    config,       ///< the image's config is none, or is not for WebAssembly
    noModule,     ///< there is no module to be found in the tree
    full,         ///< the store's cap, or the disk
    storage,      ///< the disk
  };
  Kind kind = Kind::storage;
  std::string message;  ///< one sentence that names the layer and the entry, if it is about one
};

template <class T>
using ImageResult = Result<T, ImageError>;

}  // namespace skiff
