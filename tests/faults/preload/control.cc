#include "tests/faults/preload/control.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace skiff::faults {
namespace {

Control* mapped = nullptr;

// By system call: the calls of that name are this library's own.
__attribute__((constructor)) void map() {
  const char* const file = std::getenv(kControlVariable);
  if (file == nullptr) return;
  const auto descriptor =
      static_cast<int>(::syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC));
  if (descriptor < 0) return;
  const auto address = ::syscall(SYS_mmap, nullptr, sizeof(Control), PROT_READ | PROT_WRITE,
                                 MAP_SHARED, descriptor, 0);
  ::syscall(SYS_close, descriptor);
  if (address != -1) mapped = reinterpret_cast<Control*>(address);
}

}  // namespace

Control* control() {
  return mapped;
}

bool isConcerned(const Control& control) {
  if (std::strcmp(control.thread, "main") == 0) return ::gettid() == ::getpid();
  char name[sizeof control.thread] = {};
  return ::pthread_getname_np(::pthread_self(), name, sizeof name) == 0 &&
         std::strcmp(name, control.thread) == 0;
}

}  // namespace skiff::faults
