#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "isolate/guest_memory.h"

namespace skiff::testing {

/// A guest's linear memory as the engine lays it out: nothing may be read or written in front of it
/// or behind it, however far a 32-bit address and a 32-bit length reach. Whoever does is ended by a
/// fault. Grows in place.
class GuardedMemory final : public GuestMemorySource {
 public:
  static constexpr std::size_t kPage = 64 << 10;

  explicit GuardedMemory(std::size_t pages) {
    void* const reserved = ::mmap(nullptr, kGuard + kReach, PROT_NONE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (reserved == MAP_FAILED) std::abort();
    begin_ = static_cast<std::byte*>(reserved) + kGuard;
    grow(pages);
  }
  ~GuardedMemory() { ::munmap(begin_ - kGuard, kGuard + kReach); }
  GuardedMemory(const GuardedMemory&) = delete;
  GuardedMemory& operator=(const GuardedMemory&) = delete;

  std::span<std::byte> currentMemory() override { return {begin_, size_}; }
  void grow(std::size_t pages) {
    size_ += pages * kPage;
    if (::mprotect(begin_, size_, PROT_READ | PROT_WRITE) != 0) std::abort();
  }

 private:
  static constexpr std::size_t kGuard = std::size_t{4} << 30;
  static constexpr std::size_t kReach = std::size_t{8} << 30;

  std::byte* begin_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace skiff::testing
