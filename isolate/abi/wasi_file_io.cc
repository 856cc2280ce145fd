#include <algorithm>
#include <limits>
#include <optional>

#include "isolate/abi/wasi_file_call.h"
#include "isolate/abi/wasi_functions.h"
#include "isolate/abi/wasi_io.h"

namespace skiff::wasi {
namespace {

constexpr std::uint64_t kMaxOffset = std::numeric_limits<std::int64_t>::max();

/// A read or write as the guest asks for it. `offset`: nothing for the file's position.
struct Request {
  std::uint32_t number;
  Rights needed;
  Iovecs buffers;
  std::optional<std::uint64_t> offset;
  std::uint32_t resultAddress;
};

Request atPosition(HostContext& context, const std::uint32_t* slots, Rights needed) {
  return {slots[0], needed, Iovecs(context.memory(), slots[1], slots[2]), std::nullopt, slots[3]};
}

Request atOffset(HostContext& context, const std::uint32_t* slots, Rights needed) {
  return {slots[0], needed, Iovecs(context.memory(), slots[1], slots[2]), slot64(slots + 3),
          slots[5]};
}

Errno check(HostContext& context, Request& request) {
  if (request.offset && *request.offset > kMaxOffset) return Errno::inval;
  if (const Errno bad = request.buffers.check(); bad != Errno::success) return bad;
  const bool inside =
      context.memory().slice(request.resultAddress, sizeof(std::uint32_t)).has_value();
  return inside ? Errno::success : Errno::fault;
}

/// How many bytes the buffers take from the cursor on, `most` at most.
std::size_t sizeOf(Iovecs buffers, std::size_t most) {
  std::size_t size = 0;
  for (auto part = buffers.current(); !part.empty() && size < most; part = buffers.current()) {
    size += std::min(part.size(), most - size);
    buffers.advance(part.size());
  }
  return size;
}

/// Reads until `size` bytes are there, the file ends, or a read fails.
FileOutcome readAll(File& file, std::size_t size, std::optional<std::uint64_t> offset) {
  FileOutcome outcome;
  outcome.text.resize(size);
  while (outcome.size < size) {
    const auto rest = std::as_writable_bytes(std::span(outcome.text)).subspan(outcome.size);
    const auto got = file.read(rest, offset, Patience::blocking);
    if (got.has_error() && outcome.size == 0) return got.error();
    if (got.has_error() || *got == 0) break;
    outcome.size += *got;
    if (offset) *offset += *got;
  }
  outcome.text.resize(outcome.size);
  return outcome;
}

/// Writes until all bytes have gone or a write fails.
FileOutcome writeAll(File& file, std::span<const std::byte> bytes,
                     std::optional<std::uint64_t> offset) {
  FileOutcome outcome;
  while (outcome.size < bytes.size()) {
    const auto put = file.write(bytes.subspan(outcome.size), offset);
    if (put.has_error() && outcome.size == 0) return put.error();
    if (put.has_error() || *put == 0) break;
    outcome.size += *put;
    if (offset) *offset += *put;
  }
  return outcome;
}

/// What memory has of the file goes to the guest at once. True: more must be waited for.
bool readCached(WasiState& state, File& file, Request& request, FileOutcome& done) {
  const auto buffer = state.transferBuffer();
  const auto patience = state.fileIo() ? Patience::cached : Patience::blocking;
  while (done.size < WasiState::kMaxTransfer) {
    // What is asked for and no more: the file's position must not run ahead of the guest.
    const std::size_t wanted =
        sizeOf(request.buffers, std::min(buffer.size(), WasiState::kMaxTransfer - done.size));
    if (wanted == 0) return false;
    const auto got = file.read(buffer.first(wanted), request.offset, patience);
    if (got.has_error()) {
      if (got.error() == kWouldBlock) return true;
      if (done.size == 0) done.error = got.error();
      return false;
    }
    request.buffers.scatter(buffer.first(*got));
    done.size += *got;
    if (request.offset) *request.offset += *got;
    // Less than asked for may be the end, or what memory has: the next call tells.
    if (*got == 0) return false;
  }
  return false;
}

Errno answerSize(HostContext& context, const Request& request, std::size_t size) {
  WasiState& state = context.state<WasiState>();
  const Descriptor* const descriptor = state.find(request.number);
  if (descriptor && descriptor->file && !descriptor->file->immediate()) state.countIo(size);
  context.memory().store(request.resultAddress, static_cast<std::uint32_t>(size));
  return Errno::success;
}

/// The bytes that file I/O read while the guest waited join those that it had before.
HostResult finishRead(HostContext& context, Request& request, const FileOutcome& outcome) {
  WasiState& state = context.state<WasiState>();
  const std::size_t before = state.progress ? state.progress->written : 0;
  state.progress.reset();
  if (outcome.error != Errno::success && before == 0) return answer(outcome.error);
  request.buffers.skip(before);
  request.buffers.scatter(std::as_bytes(std::span(outcome.text)));
  return answer(answerSize(context, request, before + outcome.text.size()));
}

HostResult readFile(HostContext& context, Request request) {
  WasiState& state = context.state<WasiState>();
  if (state.fileCall) {
    const auto call = state.takeFileCall();
    return call ? finishRead(context, request, call->outcome) : state.wait(kWaitFile);
  }
  const auto [found, error] = state.file(request.number, request.needed);
  if (!found) return answer(error);
  if (const Errno bad = check(context, request); bad != Errno::success) return answer(bad);
  if (!found->file->immediate()) {
    if (const auto pause = state.paceIo()) return *pause;
  }
  FileOutcome done;
  if (!readCached(state, *found->file, request, done)) {
    return answer(done.error == Errno::success ? answerSize(context, request, done.size)
                                               : done.error);
  }
  state.progress = {.written = done.size};
  const std::size_t rest = sizeOf(request.buffers, WasiState::kMaxTransfer - done.size);
  return suspendForFile(context, [file = found->file, rest, offset = request.offset](Patience) {
    return readAll(*file, rest, offset);
  });
}

HostResult writeFile(HostContext& context, Request request) {
  const auto prepare = [&](WasiState& state) -> FileTask {
    const auto [found, error] = state.file(request.number, request.needed);
    if (!found) return error;
    if (const Errno bad = check(context, request); bad != Errno::success) return bad;
    std::string bytes(sizeOf(request.buffers, WasiState::kMaxTransfer), '\0');
    request.buffers.gather(std::as_writable_bytes(std::span(bytes)));
    return {*found->file, Effort::writing,
            [file = found->file, bytes = std::move(bytes), offset = request.offset](Patience) {
              return writeAll(*file, std::as_bytes(std::span(bytes)), offset);
            }};
  };
  return fileCall(context, prepare, [&](const FileOutcome& outcome) {
    return answerSize(context, request, outcome.size);
  });
}

/// The stream that fd_read or fd_write is for; nothing if it is a file's descriptor, or none.
const Descriptor* findStream(HostContext& context, std::uint32_t number) {
  const Descriptor* descriptor = context.state<WasiState>().find(number);
  return descriptor && descriptor->isStream() ? descriptor : nullptr;
}

}  // namespace

HostResult fdRead(HostContext& context, const std::uint32_t* slots) {
  Request request = atPosition(context, slots, kFdRead);
  const Descriptor* stream = findStream(context, request.number);
  if (!stream) return readFile(context, request);
  if (!(stream->rights & kFdRead)) return answer(Errno::notcapable);
  if (const Errno bad = check(context, request); bad != Errno::success) return answer(bad);
  return readStream(context, *stream, request.buffers, request.resultAddress);
}

HostResult fdWrite(HostContext& context, const std::uint32_t* slots) {
  Request request = atPosition(context, slots, kFdWrite);
  const Descriptor* stream = findStream(context, request.number);
  if (!stream) return writeFile(context, request);
  if (!(stream->rights & kFdWrite)) return answer(Errno::notcapable);
  if (const Errno bad = check(context, request); bad != Errno::success) return answer(bad);
  return writeStream(context, *stream, request.buffers, request.resultAddress);
}

HostResult fdPread(HostContext& context, const std::uint32_t* slots) {
  return readFile(context, atOffset(context, slots, kFdRead | kFdSeek));
}

HostResult fdPwrite(HostContext& context, const std::uint32_t* slots) {
  return writeFile(context, atOffset(context, slots, kFdWrite | kFdSeek));
}

}  // namespace skiff::wasi
