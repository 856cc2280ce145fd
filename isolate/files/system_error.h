#pragma once

#include "isolate/files/wasi_types.h"

namespace skiff::wasi {

/// The WASI number of a system's errno value; `io` for what WASI has no word for.
Errno errnoOf(int systemError);

/// What a system call that returns 0 or sets errno answers.
Errno systemResult(int returned);

}  // namespace skiff::wasi
