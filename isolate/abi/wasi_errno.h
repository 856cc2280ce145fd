#pragma once

#include "isolate/abi/wasi_types.h"
#include "isolate/host_function.h"

namespace skiff::wasi {

/// The WASI number of a system's errno value; `io` for what WASI has no word for.
Errno errnoOf(int systemError);

/// What a system call that returns 0 or sets errno answers.
Errno systemResult(int returned);

/// What a host function answers.
inline HostResult answer(Errno error) {
  return HostResult::value(static_cast<std::int64_t>(error));
}

}  // namespace skiff::wasi
