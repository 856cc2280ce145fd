#pragma once

namespace skiff::cli {

/// How a command ended: the program's exit status.
enum class ExitStatus : int {
  success = 0,
  negative = 1,  ///< the answer is no: refused, not found, not ready
  failed = 2,    ///< there is no answer, or the words are wrong; errors went to the error stream
};

}  // namespace skiff::cli
