#include "server/memory_keeper.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>

namespace skiff {
namespace {

std::uint64_t pageSize() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::uint64_t availableToUs() {
  std::uint64_t bytes = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * pageSize();
  // cgroup v2 as a container sees it; "max" does not parse and leaves the machine's size.
  std::uint64_t limit = 0;
  if (std::ifstream("/sys/fs/cgroup/memory.max") >> limit && limit != 0) {
    bytes = std::min(bytes, limit);
  }
  return bytes;
}

}  // namespace

MemoryKeeper::MemoryKeeper(ByteSize target)
    : target_(target.bytes() != 0 ? target : ByteSize(availableToUs() / 10 * 7)) {}

std::size_t MemoryKeeper::excess() const {
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  resident *= pageSize();
  return resident > target_.bytes() ? resident - target_.bytes() : 0;
}

}  // namespace skiff
