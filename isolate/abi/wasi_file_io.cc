#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "isolate/abi/wasi_errno.h"
#include "isolate/abi/wasi_functions.h"
#include "isolate/abi/wasi_io.h"

namespace skiff::wasi {
namespace {

constexpr std::uint64_t kMaxOffset = std::numeric_limits<std::int64_t>::max();

/// Linux appends with pwrite(2) too when the file was opened to append; WASI writes where it is
/// told. The descriptor is this request's alone, so that its flag can be taken off for a moment.
class WithoutAppend {
 public:
  explicit WithoutAppend(const Descriptor& file) : file_(file) {
    if (file_.flags & kAppend) ::fcntl(file_.file.get(), F_SETFL, O_NONBLOCK);
  }
  ~WithoutAppend() {
    if (file_.flags & kAppend) ::fcntl(file_.file.get(), F_SETFL, O_NONBLOCK | O_APPEND);
  }
  WithoutAppend(const WithoutAppend&) = delete;
  WithoutAppend& operator=(const WithoutAppend&) = delete;

 private:
  const Descriptor& file_;
};

ssize_t readSome(int file, std::span<std::byte> into, std::optional<std::uint64_t> offset) {
  ssize_t got;
  do {
    got = offset ? ::pread(file, into.data(), into.size(), static_cast<off_t>(*offset))
                 : ::read(file, into.data(), into.size());
  } while (got < 0 && errno == EINTR);
  return got;
}

ssize_t writeSome(int file, std::span<const std::byte> from, std::optional<std::uint64_t> offset) {
  ssize_t put;
  do {
    put = offset ? ::pwrite(file, from.data(), from.size(), static_cast<off_t>(*offset))
                 : ::write(file, from.data(), from.size());
  } while (put < 0 && errno == EINTR);
  return put;
}

/// The checks that fd_pread and fd_pwrite share, and their result.
template <Transfer (*transfer)(WasiState&, const Descriptor&, Iovecs, std::optional<std::uint64_t>)>
Errno positioned(HostContext& context, const std::uint32_t* slots, Rights needed) {
  WasiState& state = context.state<WasiState>();
  const auto [file, error] = state.file(slots[0], needed);
  if (!file) return error;
  const std::uint64_t offset = slot64(slots + 3);
  const std::uint32_t resultAddress = slots[5];
  if (offset > kMaxOffset) return Errno::inval;
  Iovecs buffers(context.memory(), slots[1], slots[2]);
  if (const Errno bad = buffers.check(); bad != Errno::success) return bad;
  if (!context.memory().slice(resultAddress, sizeof(std::uint32_t))) return Errno::fault;

  const Transfer done = transfer(state, *file, buffers, offset);
  if (done.error != Errno::success) return done.error;
  context.memory().store(resultAddress, static_cast<std::uint32_t>(done.size));
  return Errno::success;
}

}  // namespace

Transfer readFile(WasiState& state, const Descriptor& file, Iovecs buffers,
                  std::optional<std::uint64_t> offset) {
  const auto buffer = state.transferBuffer();
  Transfer done;
  while (done.size < WasiState::kMaxTransfer) {
    // What is asked for and no more: the file's position must not run ahead of the guest.
    Iovecs ahead = buffers;
    std::size_t wanted = 0;
    for (auto part = ahead.current(); !part.empty() && wanted < buffer.size();
         part = ahead.current()) {
      const std::size_t size = std::min(part.size(), buffer.size() - wanted);
      ahead.advance(size);
      wanted += size;
    }
    if (wanted == 0) break;
    const ssize_t got = readSome(file.file.get(), buffer.first(wanted), offset);
    if (got < 0) return done.size > 0 ? done : Transfer{0, errnoOf(errno)};
    const auto size = static_cast<std::size_t>(got);
    buffers.scatter(buffer.first(size));
    done.size += size;
    if (offset) *offset += size;
    if (size < wanted) break;
  }
  return done;
}

Transfer writeFile(WasiState& state, const Descriptor& file, Iovecs buffers,
                   std::optional<std::uint64_t> offset) {
  const auto buffer = state.transferBuffer();
  std::optional<WithoutAppend> withoutAppend;
  if (offset) withoutAppend.emplace(file);
  Transfer done;
  while (done.size < WasiState::kMaxTransfer) {
    const std::size_t wanted = buffers.gather(buffer);
    if (wanted == 0) break;
    const ssize_t put = writeSome(file.file.get(), buffer.first(wanted), offset);
    if (put < 0) return done.size > 0 ? done : Transfer{0, errnoOf(errno)};
    const auto size = static_cast<std::size_t>(put);
    done.size += size;
    if (offset) *offset += size;
    if (size < wanted) break;
  }
  return done;
}

HostResult fdRead(HostContext& context, const std::uint32_t* slots) {
  WasiState& state = context.state<WasiState>();
  Descriptor* descriptor = state.find(slots[0]);
  if (!descriptor) return answer(Errno::badf);
  if (!(descriptor->rights & kFdRead)) return answer(Errno::notcapable);
  const std::uint32_t resultAddress = slots[3];
  Iovecs buffers(context.memory(), slots[1], slots[2]);
  if (const Errno bad = buffers.check(); bad != Errno::success) return answer(bad);
  if (!context.memory().slice(resultAddress, sizeof(std::uint32_t))) return answer(Errno::fault);
  if (descriptor->isStream()) return readStream(context, *descriptor, buffers, resultAddress);

  const Transfer done = readFile(state, *descriptor, buffers, std::nullopt);
  if (done.error == Errno::success) {
    context.memory().store(resultAddress, static_cast<std::uint32_t>(done.size));
  }
  return answer(done.error);
}

HostResult fdWrite(HostContext& context, const std::uint32_t* slots) {
  WasiState& state = context.state<WasiState>();
  Descriptor* descriptor = state.find(slots[0]);
  if (!descriptor) return answer(Errno::badf);
  if (!(descriptor->rights & kFdWrite)) return answer(Errno::notcapable);
  const std::uint32_t resultAddress = slots[3];
  Iovecs buffers(context.memory(), slots[1], slots[2]);
  if (const Errno bad = buffers.check(); bad != Errno::success) return answer(bad);
  if (!context.memory().slice(resultAddress, sizeof(std::uint32_t))) return answer(Errno::fault);
  if (descriptor->isStream()) return writeStream(context, *descriptor, buffers, resultAddress);

  const Transfer done = writeFile(state, *descriptor, buffers, std::nullopt);
  if (done.error == Errno::success) {
    context.memory().store(resultAddress, static_cast<std::uint32_t>(done.size));
  }
  return answer(done.error);
}

Errno fdPread(HostContext& context, const std::uint32_t* slots) {
  return positioned<readFile>(context, slots, kFdRead | kFdSeek);
}

Errno fdPwrite(HostContext& context, const std::uint32_t* slots) {
  return positioned<writeFile>(context, slots, kFdWrite | kFdSeek);
}

}  // namespace skiff::wasi
