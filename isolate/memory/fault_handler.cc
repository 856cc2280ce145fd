// Resolves write faults on protected pages of the memory that this thread's guest runs in, and
// hands every other fault to the handler that was there before: V8's for out-of-bounds traps.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <stdexcept>

#include "isolate/memory/tracked_memory.h"

namespace skiff {
namespace {

// Read in a signal handler: the initial-exec model makes that a plain load, never an allocation.
__attribute__((tls_model("initial-exec"))) thread_local TrackedMemory* tAccessed = nullptr;

struct sigaction previousAction;

void handleFault(int signal, siginfo_t* info, void* context) {
  TrackedMemory* const memory = tAccessed;
  const int error = errno;  // the fault may lie in host code between a call and its look at errno
  const bool resolved =
      memory && info->si_code == SEGV_ACCERR && memory->resolveFault(info->si_addr);
  errno = error;
  if (resolved) return;
  if (previousAction.sa_flags & SA_SIGINFO) {
    previousAction.sa_sigaction(signal, info, context);
  } else if (previousAction.sa_handler == SIG_DFL || previousAction.sa_handler == SIG_IGN) {
    // Nobody else wants it: fault again without us, so that the process dies of what happened.
    ::sigaction(signal, &previousAction, nullptr);
  } else {
    previousAction.sa_handler(signal);
  }
}

}  // namespace

TrackedMemory::Access::Access(TrackedMemory* memory) : previous_(tAccessed) {
  tAccessed = memory;
}
TrackedMemory::Access::~Access() {
  tAccessed = previous_;
}

void TrackedMemory::installFaultHandler() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (::sysconf(_SC_PAGESIZE) != static_cast<long>(MemoryImage::kPageSize)) {
      throw std::runtime_error("this kernel's pages are not 4 KiB, which skiff relies on");
    }
    struct sigaction action {};
    action.sa_sigaction = handleFault;
    // Re-entrant by SA_NODEFER: a fault inside the previous handler is its own business.
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGSEGV, &action, &previousAction);
  });
}

}  // namespace skiff
