#pragma once

#include <optional>
#include <string>

namespace skiff::bench {

/// What figures depend on beside the code that was measured.
struct Machine {
  std::string processor;
  unsigned processors = 0;
  std::string kernel;
  std::string commit;  ///< of the sources that `folder` holds; with "-dirty" if they were changed
};

Machine thisMachine(const std::string& folder);

/// Keeps the calling thread, and the threads and processes that it makes from now on, on one
/// processor; nothing: on any.
void pinTo(std::optional<int> processor);

}  // namespace skiff::bench
