#include <algorithm>

#include "isolate/abi/wasi_errno.h"
#include "isolate/abi/wasi_io.h"

namespace skiff::wasi {
namespace {

HostResult answerSize(HostContext& context, std::size_t size, std::uint32_t resultAddress) {
  context.memory().store(resultAddress, static_cast<std::uint32_t>(size));
  return answer(Errno::success);
}

/// At most kMaxTransfer bytes: a log takes everything at once.
HostResult writeLog(HostContext& context, LineLog& log, Iovecs buffers,
                    std::uint32_t resultAddress) {
  std::size_t done = 0;
  while (done < WasiState::kMaxTransfer) {
    const auto from = buffers.current();
    if (from.empty()) break;
    const std::size_t size = std::min(from.size(), WasiState::kMaxTransfer - done);
    log.write(from.first(size));
    buffers.advance(size);
    done += size;
  }
  return answerSize(context, done, resultAddress);
}

}  // namespace

HostResult readStream(HostContext& context, const Descriptor& stream, Iovecs buffers,
                      std::uint32_t resultAddress) {
  WasiState& state = context.state<WasiState>();
  WasiProcess* process = state.process();
  std::size_t done = 0;
  while (process && done < WasiState::kMaxTransfer) {
    const auto into = buffers.current();
    if (into.empty()) break;
    const BodyRead read = process->readInput(into);
    buffers.advance(read.size);
    done += read.size;
    if (read.end) break;
    if (read.size > 0) continue;
    if (done > 0) break;
    if (stream.flags & kNonblock) return answer(Errno::again);
    return state.wait(kWaitRequestBody);
  }
  return answerSize(context, done, resultAddress);
}

HostResult writeStream(HostContext& context, const Descriptor& stream, Iovecs buffers,
                       std::uint32_t resultAddress) {
  WasiState& state = context.state<WasiState>();
  WasiProcess* process = state.process();
  const bool errors = stream.kind == Descriptor::Kind::errorOutput;
  if (errors && !(process && process->takesErrors())) {
    return writeLog(context, state.errorLog(), buffers, resultAddress);
  }
  if (!process) return writeLog(context, state.outputLog(), buffers, resultAddress);

  // Called again after a wait, with the same buffers: what went then is skipped.
  std::size_t done = state.progress ? state.progress->written : 0;
  state.progress.reset();
  buffers.skip(done);
  for (auto from = buffers.current(); !from.empty(); from = buffers.current()) {
    const auto taken = errors ? process->writeErrors(from) : process->writeOutput(from);
    if (!taken) return context.exit(1);
    buffers.advance(*taken);
    done += *taken;
    if (*taken > 0) continue;

    if (!(stream.flags & kNonblock)) {
      state.progress = {.written = done};
      return state.wait(kWaitResponseRoom);
    }
    state.outputFull = true;
    if (done == 0) return answer(Errno::again);
    break;
  }
  return answerSize(context, done, resultAddress);
}

}  // namespace skiff::wasi
