#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <system_error>

#include "isolate/host_context.h"

namespace skiff {
namespace {

std::chrono::nanoseconds readClock(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);  // cannot fail for the clocks asked for here
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

class SystemEnvironment final : public HostEnvironment {
 public:
  void randomBytes(std::span<std::byte> into) override {
    // Through a buffer: `into` may be guest memory, which the kernel may find write-protected.
    std::array<std::byte, 256> buffer;
    while (!into.empty()) {
      const std::size_t wanted = std::min(into.size(), buffer.size());
      const ssize_t got = ::getrandom(buffer.data(), wanted, 0);
      if (got < 0) {
        if (errno == EINTR) continue;
        // A guest must never go on with bytes that are not random.
        throw std::system_error(errno, std::generic_category(), "getrandom");
      }
      std::memcpy(into.data(), buffer.data(), static_cast<std::size_t>(got));
      into = into.subspan(static_cast<std::size_t>(got));
    }
  }
  std::chrono::nanoseconds realTime() override { return readClock(CLOCK_REALTIME); }
  std::chrono::nanoseconds monotonicTime() override { return readClock(CLOCK_MONOTONIC); }
};

}  // namespace

HostEnvironment& systemEnvironment() {
  static SystemEnvironment environment;
  return environment;
}

}  // namespace skiff
