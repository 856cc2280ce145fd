#pragma once

#include <cstdint>
#include <optional>

#include "isolate/abi/wasi_descriptor.h"
#include "isolate/abi/wasi_iovecs.h"
#include "isolate/abi/wasi_state.h"

namespace skiff::wasi {

/// How many bytes went, or why none did.
struct Transfer {
  std::size_t size = 0;
  Errno error = Errno::success;
};

/// A file's bytes into the buffers, from its position or from `offset`. At most
/// WasiState::kMaxTransfer bytes; a short count else means the end of the file.
Transfer readFile(WasiState& state, const Descriptor& file, Iovecs buffers,
                  std::optional<std::uint64_t> offset);
/// The buffers' bytes into a file, likewise.
Transfer writeFile(WasiState& state, const Descriptor& file, Iovecs buffers,
                   std::optional<std::uint64_t> offset);

/// Standard input into the buffers, waiting until there is something. The count goes to
/// `resultAddress`. REQUIRES: four bytes there are inside memory.
HostResult readStream(HostContext& context, const Descriptor& stream, Iovecs buffers,
                      std::uint32_t resultAddress);
/// The buffers' bytes to standard output or error, waiting until all are taken.
HostResult writeStream(HostContext& context, const Descriptor& stream, Iovecs buffers,
                       std::uint32_t resultAddress);

}  // namespace skiff::wasi
