#include "isolate/abi/standard_process.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace skiff {
namespace {

/// Whether reading would not block. At the end, or broken, it does not either.
bool readable(int file) {
  pollfd entry{file, POLLIN, 0};
  return ::poll(&entry, 1, 0) != 0;
}

std::optional<std::size_t> writeAll(int file, std::span<const std::byte> bytes) {
  // Not from the guest's memory itself: see GuestMemory.
  std::array<std::byte, 16 << 10> buffer;
  const std::size_t size = std::min(bytes.size(), buffer.size());
  if (size > 0) std::memcpy(buffer.data(), bytes.data(), size);
  std::size_t done = 0;
  while (done < size) {
    const ssize_t put = ::write(file, buffer.data() + done, size - done);
    if (put >= 0) {
      done += static_cast<std::size_t>(put);
    } else if (errno == EAGAIN) {
      pollfd entry{file, POLLOUT, 0};
      ::poll(&entry, 1, -1);
    } else if (errno != EINTR) {
      return std::nullopt;
    }
  }
  return size;
}

}  // namespace

BodyRead StandardProcess::readInput(std::span<std::byte> into) {
  if (!readable(STDIN_FILENO)) return {};
  std::array<std::byte, 16 << 10> buffer;
  const std::size_t wanted = std::min(into.size(), buffer.size());
  const ssize_t got = ::read(STDIN_FILENO, buffer.data(), wanted);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return {};
  if (got <= 0) return {.size = 0, .end = true};
  std::memcpy(into.data(), buffer.data(), static_cast<std::size_t>(got));
  return {.size = static_cast<std::size_t>(got), .end = false};
}

std::optional<std::size_t> StandardProcess::inputReady() {
  if (!readable(STDIN_FILENO)) return std::nullopt;
  int bytes = 0;
  if (::ioctl(STDIN_FILENO, FIONREAD, &bytes) != 0) return 1;
  return static_cast<std::size_t>(std::max(bytes, 0));
}

std::optional<std::size_t> StandardProcess::writeOutput(std::span<const std::byte> bytes) {
  return writeAll(STDOUT_FILENO, bytes);
}

std::optional<std::size_t> StandardProcess::writeErrors(std::span<const std::byte> bytes) {
  return writeAll(STDERR_FILENO, bytes);
}

StringBlock StandardProcess::makeEnvironment() {
  StringBlock block;
  for (const auto& [name, value] : environment_) block.add(name, value);
  return block;
}

wasi::FileType StandardProcess::streamType(std::uint32_t number) const {
  struct stat stat {};
  if (::fstat(static_cast<int>(number), &stat) != 0) return wasi::FileType::unknown;
  if (S_ISCHR(stat.st_mode)) return wasi::FileType::characterDevice;
  if (S_ISSOCK(stat.st_mode)) return wasi::FileType::socketStream;
  if (S_ISREG(stat.st_mode)) return wasi::FileType::regularFile;
  return wasi::FileType::unknown;
}

void StandardProcess::block(std::uint8_t what, std::chrono::steady_clock::time_point until) {
  using std::chrono::milliseconds;
  int timeout = -1;
  if (what & kWaitTime) {
    const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
    timeout = static_cast<int>(std::clamp<milliseconds::rep>(left.count(), 0, 3'600'000));
  }
  pollfd entry{what & kWaitRequestBody ? STDIN_FILENO : -1, POLLIN, 0};
  ::poll(&entry, 1, timeout);
}

}  // namespace skiff
