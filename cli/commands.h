#pragma once

#include <iosfwd>
#include <string_view>

#include "cli/admin_client.h"

namespace skiff {

/// How a command ended: the program's exit status.
enum class ExitStatus : int {
  success = 0,
  negative = 1,  ///< the answer is no: not ready, nothing found
  failed = 2,    ///< there is no answer; the reason went to the error stream
};

/// `skiff status`: whether the daemon lives, what it is and what it still waits for. `negative` if
/// it is alive but not ready.
ExitStatus showStatus(const AdminAddress& address, std::ostream& out, std::ostream& errors);

/// `skiff metrics [PATTERN]`: the metrics whose name or labels contain `pattern`, all if it is
/// empty. `negative` if there is none.
ExitStatus showMetrics(const AdminAddress& address, std::string_view pattern, std::ostream& out,
                       std::ostream& errors);

}  // namespace skiff
