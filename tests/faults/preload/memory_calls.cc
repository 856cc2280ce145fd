// Memory: mappings that are too large, and chosen allocations of the daemon's own code.
#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <new>

#include "tests/faults/preload/control.h"

using skiff::faults::Control;
using skiff::faults::isConcerned;

extern "C" {
void* __libc_malloc(size_t size);
void* __libc_memalign(size_t alignment, size_t size);
}

namespace {

/// Whether code at this address is the daemon's addon. The engine is not asked how it takes it: it
/// ends the process.
bool isDaemons(const void* address) {
  Dl_info where{};
  return ::dladdr(address, &where) != 0 && where.dli_fname != nullptr &&
         std::strstr(where.dli_fname, "skiffd.node") != nullptr;
}

bool fails(std::size_t size, const void* caller) {
  Control* const control = skiff::faults::control();
  if (control == nullptr) return false;
  const std::uint64_t largest = control->largestAllocation;
  if (largest != 0 && size > largest && isDaemons(caller)) {
    ++control->refusedAllocations;
    return true;
  }
  if (control->failingAllocation == 0 || !isConcerned(*control) || !isDaemons(caller)) {
    return false;
  }
  if (--control->failingAllocation != 0) return false;
  ++control->refusedAllocations;
  return true;
}

void* allocate(std::size_t size, const void* caller) {
  void* const memory = fails(size, caller) ? nullptr : __libc_malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void* allocate(std::size_t size, std::align_val_t alignment, const void* caller) {
  void* const memory =
      fails(size, caller) ? nullptr : __libc_memalign(static_cast<std::size_t>(alignment), size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) {
  return allocate(size, __builtin_return_address(0));
}

void* operator new[](std::size_t size) {
  return allocate(size, __builtin_return_address(0));
}

void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, alignment, __builtin_return_address(0));
}

void* operator new[](std::size_t size, std::align_val_t alignment) {
  return allocate(size, alignment, __builtin_return_address(0));
}

extern "C" {

void* malloc(size_t size) noexcept {
  if (fails(size, __builtin_return_address(0))) {
    errno = ENOMEM;
    return nullptr;
  }
  return __libc_malloc(size);
}

void* mmap(void* address, size_t size, int protection, int flags, int file, off_t offset) noexcept {
  Control* const control = skiff::faults::control();
  if (control != nullptr) {
    const std::uint64_t largest = control->largestMapping;
    if (largest != 0 && size > largest) {
      ++control->refusedMappings;
      errno = ENOMEM;
      return MAP_FAILED;
    }
  }
  return reinterpret_cast<void*>(
      ::syscall(SYS_mmap, address, size, protection, flags, file, offset));
}

void* mmap64(void* address, size_t size, int protection, int flags, int file,
             off_t offset) noexcept {
  return mmap(address, size, protection, flags, file, offset);
}

}  // extern "C"
