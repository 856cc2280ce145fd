#pragma once

#include <cstdint>
#include <optional>

#include "isolate/abi/wasi_descriptor.h"
#include "isolate/abi/wasi_iovecs.h"
#include "isolate/abi/wasi_state.h"

namespace skiff::wasi {

/// Standard input into the buffers, waiting until there is something. The count goes to
/// `resultAddress`. REQUIRES: four bytes there are inside memory.
HostResult readStream(HostContext& context, const Descriptor& stream, Iovecs buffers,
                      std::uint32_t resultAddress);
/// The buffers' bytes to standard output or error, waiting until all are taken.
HostResult writeStream(HostContext& context, const Descriptor& stream, Iovecs buffers,
                       std::uint32_t resultAddress);

}  // namespace skiff::wasi
