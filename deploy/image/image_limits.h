#pragma once

#include <cstddef>
#include <cstdint>

#include "config/byte_size.h"

namespace skiff {

/// What an image may unpack to, all layers together: an image of a few kilobytes can hold
/// terabytes.
struct ImageLimits {
  ByteSize total = 1_GiB;   ///< of all files, also those that a later layer replaces
  ByteSize file = 256_MiB;  ///< of one file, as long as it says it is
  std::size_t entries =
      100'000;  ///< files, folders and links, also folders made for what is in them
  std::size_t layers = 128;
  std::size_t pathLength = 1024;  ///< bytes of an entry's name, and of what a link leads to
  std::size_t depth = 64;         ///< of folders
  /// How many times its size a layer may unpack to. The first 16 MiB are free.
  std::uint32_t ratio = 200;
};

}  // namespace skiff
