#include "sandbox/system_calls.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <span>
#include <string>
#include <system_error>

namespace skiff {
namespace {

/// Reading, writing, waiting, memory, clocks and locks: what any program does.
constexpr int kComputing[] = {
    // What is open.
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(preadv), SCMP_SYS(preadv2),
    SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(pwrite64), SCMP_SYS(pwritev), SCMP_SYS(pwritev2),
    SCMP_SYS(lseek), SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(poll),
    SCMP_SYS(ppoll), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
    // Memory.
    SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect),
    SCMP_SYS(madvise), SCMP_SYS(membarrier), SCMP_SYS(pkey_alloc), SCMP_SYS(pkey_free),
    SCMP_SYS(pkey_mprotect), SCMP_SYS(mincore),
    // Threads that there are.
    SCMP_SYS(futex), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_getparam),
    SCMP_SYS(sched_getscheduler), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getcpu),
    SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(exit), SCMP_SYS(exit_group),
    SCMP_SYS(restart_syscall),
    // Signals.
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
    // Time, randomness, its own limits and use.
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(nanosleep), SCMP_SYS(getrandom),
    SCMP_SYS(getrusage), SCMP_SYS(getrlimit), SCMP_SYS(setrlimit), SCMP_SYS(getpriority),
    SCMP_SYS(sched_getattr)};

/// What a server needs beside that.
constexpr int kServing[] = {
    // Connections. What may be connected to is up to whoever may configure origins and registries.
    SCMP_SYS(accept4), SCMP_SYS(accept), SCMP_SYS(connect), SCMP_SYS(shutdown), SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg), SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg),
    SCMP_SYS(sendfile), SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    // Waiting for them.
    SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(epoll_create), SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_pwait2), SCMP_SYS(eventfd2), SCMP_SYS(pipe), SCMP_SYS(pipe2),
    SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime), SCMP_SYS(timerfd_gettime),
    SCMP_SYS(signalfd4),
    // Files; which, is for PathRules to say.
    SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(creat), SCMP_SYS(access),
    SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(statx),
    SCMP_SYS(statfs), SCMP_SYS(fstatfs), SCMP_SYS(getdents64), SCMP_SYS(readlink),
    SCMP_SYS(readlinkat), SCMP_SYS(getcwd), SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(rmdir),
    SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
    SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(symlink), SCMP_SYS(symlinkat), SCMP_SYS(truncate),
    SCMP_SYS(ftruncate), SCMP_SYS(fallocate), SCMP_SYS(fadvise64), SCMP_SYS(readahead),
    SCMP_SYS(fchown), SCMP_SYS(utimensat), SCMP_SYS(umask), SCMP_SYS(fsync), SCMP_SYS(fdatasync),
    SCMP_SYS(sync_file_range), SCMP_SYS(syncfs), SCMP_SYS(flock), SCMP_SYS(dup), SCMP_SYS(dup2),
    SCMP_SYS(dup3), SCMP_SYS(close_range), SCMP_SYS(copy_file_range), SCMP_SYS(memfd_create),
    SCMP_SYS(msync), SCMP_SYS(chdir),
    // Its threads. (Of which process those are that it makes slower, a filter cannot tell.)
    SCMP_SYS(setpriority), SCMP_SYS(sched_setattr), SCMP_SYS(sched_get_priority_max),
    SCMP_SYS(sched_get_priority_min), SCMP_SYS(mlock), SCMP_SYS(munlock), SCMP_SYS(get_robust_list),
    SCMP_SYS(set_mempolicy), SCMP_SYS(mbind), SCMP_SYS(rt_sigpending), SCMP_SYS(rt_sigsuspend),
    SCMP_SYS(rt_sigtimedwait), SCMP_SYS(timer_create), SCMP_SYS(timer_settime),
    SCMP_SYS(timer_delete), SCMP_SYS(times),
    // The processes that another one starts for it.
    SCMP_SYS(wait4), SCMP_SYS(waitid), SCMP_SYS(pidfd_open),
    // Who and where it is.
    SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid),
    SCMP_SYS(getegid), SCMP_SYS(getgroups), SCMP_SYS(getresuid), SCMP_SYS(getresgid),
    SCMP_SYS(getppid), SCMP_SYS(capget)};

// With certain arguments.
constexpr unsigned long kControls[] = {FIONBIO, FIONREAD,   FIOCLEX,   FIONCLEX,
                                       TCGETS,  TIOCGWINSZ, 0xc0606610 /* PAGEMAP_SCAN */};
constexpr int kNameMemory = 0x53564d41;  // PR_SET_VMA
constexpr int kProcessControls[] = {PR_SET_NAME,       PR_GET_NAME,     PR_SET_TIMERSLACK,
                                    PR_GET_TIMERSLACK, PR_GET_DUMPABLE, PR_CAPBSET_READ,
                                    kNameMemory};
/// Not those by which others are sent signals (F_SETOWN, F_SETSIG, F_NOTIFY).
constexpr int kFileControls[] = {F_DUPFD,     F_DUPFD_CLOEXEC, F_GETFD,      F_SETFD,
                                 F_GETFL,     F_SETFL,         F_GETLK,      F_SETLK,
                                 F_SETLKW,    F_OFD_GETLK,     F_OFD_SETLK,  F_OFD_SETLKW,
                                 F_ADD_SEALS, F_GET_SEALS,     F_GETPIPE_SZ, F_SETPIPE_SZ};
/// Without SOCK_NONBLOCK and SOCK_CLOEXEC.
constexpr scmp_datum_t kSocketKind = 0xf;
/// What no file's mode is set to: to be started as somebody else, or written by others.
constexpr scmp_datum_t kStrangeMode = 07022;
/// Threads are made in the namespaces that there are, and processes not at all.
constexpr std::uint64_t kNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                      CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME;

class Filter {
 public:
  Filter() : context_(::seccomp_init(SCMP_ACT_ERRNO(EPERM)), &::seccomp_release) {
    if (!context_) {
      error_ = ENOMEM;
      return;
    }
    note(::seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1));
    // Guests are kept apart by the engine; a slower processor would not help.
    note(::seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_SSB, 1));
    note(::seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2));
  }

  // A call that this processor does not have is left out.
  template <class... Comparisons>
  void allow(int call, Comparisons... comparisons) {
    rule(SCMP_ACT_ALLOW, call, comparisons...);
  }
  void allow(std::span<const int> calls) {
    for (const int call : calls) allow(call);
  }
  void refuse(int call, std::uint32_t error) { rule(SCMP_ACT_ERRNO(error), call); }

  Result<void> load() {
    if (error_ == 0) note(::seccomp_load(context_.get()));
    if (error_ == 0) return {};
    return Error{"the kernel takes no filter of system calls (seccomp): " +
                 std::generic_category().message(error_)};
  }

 private:
  template <class... Comparisons>
  void rule(std::uint32_t action, int call, Comparisons... comparisons) {
    if (call < 0 || !context_) return;
    note(::seccomp_rule_add(context_.get(), action, call, sizeof...(comparisons), comparisons...));
  }
  void note(int result) {
    if (result < 0 && error_ == 0) error_ = -result;
  }

  std::unique_ptr<void, decltype(&::seccomp_release)> context_;
  int error_ = 0;
};

/// For abort().
void allowOwnSignals(Filter& filter) {
  const auto self = static_cast<scmp_datum_t>(::getpid());
  for (const int call : {SCMP_SYS(kill), SCMP_SYS(tgkill)}) {
    filter.allow(call, SCMP_A0(SCMP_CMP_EQ, self));
  }
}

}  // namespace

Result<void> keepServingCalls() {
  Filter filter;
  filter.allow(kComputing);
  filter.allow(kServing);
  // Its flags are out of a filter's sight: the C library then calls clone instead.
  filter.refuse(SCMP_SYS(clone3), ENOSYS);
  filter.allow(SCMP_SYS(clone),
               SCMP_A0(SCMP_CMP_MASKED_EQ, kNamespaces | CLONE_THREAD, CLONE_THREAD));
  for (const unsigned long control : kControls) {
    filter.allow(SCMP_SYS(ioctl), SCMP_A1_32(SCMP_CMP_EQ, control));
  }
  for (const int control : kProcessControls) {
    filter.allow(SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(control)));
  }
  for (const int family : {AF_INET, AF_INET6}) {
    for (const int kind : {SOCK_STREAM, SOCK_DGRAM}) {
      filter.allow(SCMP_SYS(socket), SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(family)),
                   SCMP_A1(SCMP_CMP_MASKED_EQ, kSocketKind, static_cast<scmp_datum_t>(kind)));
    }
  }
  // None that can send to another address than its peer's.
  for (const int kind : {SOCK_STREAM, SOCK_SEQPACKET}) {
    filter.allow(SCMP_SYS(socketpair),
                 SCMP_A1(SCMP_CMP_MASKED_EQ, kSocketKind, static_cast<scmp_datum_t>(kind)));
  }
  for (const int control : kFileControls) {
    filter.allow(SCMP_SYS(fcntl), SCMP_A1_32(SCMP_CMP_EQ, static_cast<scmp_datum_t>(control)));
  }
  filter.allow(SCMP_SYS(fchmod), SCMP_A1(SCMP_CMP_MASKED_EQ, kStrangeMode, 0));
  for (const int call : {SCMP_SYS(prlimit64), SCMP_SYS(sched_setaffinity),
                         SCMP_SYS(sched_setscheduler), SCMP_SYS(sched_setparam)}) {
    filter.allow(call, SCMP_A0(SCMP_CMP_EQ, 0));
  }
  allowOwnSignals(filter);
  return filter.load();
}

Result<void> keepComputingCalls(const std::vector<pid_t>& threads) {
  Filter filter;
  filter.allow(kComputing);
  filter.allow(SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, kNameMemory));
  filter.allow(SCMP_SYS(prlimit64), SCMP_A0(SCMP_CMP_EQ, 0));
  allowOwnSignals(filter);
  for (const pid_t thread : threads) {
    const auto number = static_cast<scmp_datum_t>(thread);
    filter.allow(SCMP_SYS(setpriority), SCMP_A0(SCMP_CMP_EQ, PRIO_PROCESS),
                 SCMP_A1(SCMP_CMP_EQ, number));
    filter.allow(SCMP_SYS(sched_setattr), SCMP_A0(SCMP_CMP_EQ, number));
  }
  return filter.load();
}

}  // namespace skiff
