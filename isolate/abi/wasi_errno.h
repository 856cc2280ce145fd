#pragma once

#include "isolate/files/wasi_types.h"
#include "isolate/host_function.h"

namespace skiff::wasi {

/// What a host function answers.
inline HostResult answer(Errno error) {
  return HostResult::value(static_cast<std::int64_t>(error));
}

}  // namespace skiff::wasi
