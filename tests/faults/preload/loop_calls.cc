// What a shard's loop waits and accepts with.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <stdexcept>

#include "tests/faults/preload/control.h"

using skiff::faults::Control;
using skiff::faults::isConcerned;
using skiff::faults::LoopFault;

extern "C" {

// Fails before it asks: what it took from the system would be lost.
int epoll_wait(int descriptor, epoll_event* events, int most, int timeout) {
  Control* const control = skiff::faults::control();
  if (control != nullptr && control->loopFault != LoopFault::none && isConcerned(*control)) {
    while (control->loopFault == LoopFault::hangs) ::usleep(10'000);
    switch (control->loopFault.exchange(LoopFault::none)) {
      case LoopFault::fails:
        errno = EBADF;
        return -1;
      case LoopFault::throws:
        throw std::runtime_error("a test's fault");
      case LoopFault::crashes:
        ::raise(SIGSEGV);
        break;
      case LoopFault::hangs:
      case LoopFault::none:
        break;
    }
  }
  return static_cast<int>(::syscall(SYS_epoll_wait, descriptor, events, most, timeout));
}

int accept4(int descriptor, sockaddr* address, socklen_t* size, int flags) {
  const auto accepted = static_cast<int>(::syscall(SYS_accept4, descriptor, address, size, flags));
  Control* const control = skiff::faults::control();
  if (accepted < 0 && errno != EAGAIN && control != nullptr) ++control->refusedAccepts;
  return accepted;
}

int accept(int descriptor, sockaddr* address, socklen_t* size) {
  return accept4(descriptor, address, size, 0);
}

}  // extern "C"
