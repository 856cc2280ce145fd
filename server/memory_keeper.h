#pragma once

#include <cstddef>

#include "config/byte_size.h"

namespace skiff {

/// What the process may use and does use.
class MemoryKeeper {
 public:
  /// `target` 0: 70% of the machine's memory, or of the control group's limit if that is lower.
  explicit MemoryKeeper(ByteSize target);

  ByteSize target() const { return target_; }
  /// How many resident bytes the process is over its target, 0 if it is not.
  std::size_t excess() const;

 private:
  ByteSize target_;
};

}  // namespace skiff
