#include "sandbox/system_calls.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "tests/sandbox/in_child.h"

namespace skiff {
namespace {

int errorOfSocket(int family, int kind, int protocol = 0) {
  const int made = ::socket(family, kind | SOCK_CLOEXEC, protocol);
  const int error = errorOf(made);
  if (made >= 0) ::close(made);
  return error;
}

void serving(const std::function<void()>& step) {
  inChild([&] {
    const auto kept = keepServingCalls();
    ASSERT_TRUE(kept.has_value()) << kept.error().message;
    step();
  });
}

TEST(ServingCallsTest, LeaveWhatAServerDoes) {
  serving([] {
    EXPECT_EQ(errorOfSocket(AF_INET, SOCK_STREAM), 0);
    EXPECT_EQ(errorOfSocket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK), 0);
    int ends[2];
    EXPECT_EQ(errorOf(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends)), 0);
    EXPECT_EQ(errorOf(::open("/dev/null", O_RDONLY)), 0);
    EXPECT_EQ(errorOf(::memfd_create("image", MFD_CLOEXEC)), 0);
    bool ran = false;
    std::thread([&] { ran = true; }).join();
    EXPECT_TRUE(ran);
    const int file = ::memfd_create("file", MFD_CLOEXEC);
    EXPECT_EQ(errorOf(::fchmod(file, 0555)), 0);
    EXPECT_EQ(errorOf(::fcntl(file, F_GETFL)), 0);
    rlimit limit{};
    EXPECT_EQ(errorOf(::getrlimit(RLIMIT_NOFILE, &limit)), 0);
  });
}

TEST(ServingCallsTest, MakeNoProcess) {
  serving([] {
    EXPECT_EQ(errorOf(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, 0)), EPERM);
    EXPECT_EQ(errorOf(::syscall(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, nullptr, nullptr,
                                nullptr, 0)),
              EPERM);
#ifdef SYS_fork
    EXPECT_EQ(errorOf(::syscall(SYS_fork)), EPERM);
    EXPECT_EQ(errorOf(::syscall(SYS_vfork)), EPERM);
#endif
  });
}

TEST(ServingCallsTest, StartNoProgram) {
  const int program = ::open("/bin/true", O_PATH | O_CLOEXEC);
  serving([program] {
    EXPECT_EQ(errorOf(::execl("/bin/true", "true", nullptr)), EPERM);
    char* const arguments[] = {nullptr};
    EXPECT_EQ(errorOf(::execveat(program, "", arguments, arguments, AT_EMPTY_PATH)), EPERM);
  });
  ::close(program);
}

TEST(ServingCallsTest, ChangeNoModeOrOwnerByPathAndNoneToAStrangeOne) {
  // Landlock has no say in these.
  serving([] {
    EXPECT_EQ(errorOf(::chmod("/nowhere", 0700)), EPERM);
    EXPECT_EQ(errorOf(::fchmodat(AT_FDCWD, "/nowhere", 0700, 0)), EPERM);
    EXPECT_EQ(errorOf(::chown("/nowhere", 0, 0)), EPERM);
    EXPECT_EQ(errorOf(::fchownat(AT_FDCWD, "/nowhere", 0, 0, 0)), EPERM);
    const int file = ::memfd_create("file", MFD_CLOEXEC);
    for (const mode_t mode : {04755, 02755, 0777, 0666}) {
      EXPECT_EQ(errorOf(::fchmod(file, mode)), EPERM) << std::oct << mode;
    }
  });
}

TEST(ServingCallsTest, AllowNoNewListener) {
  // A socket that listens may accept, and yet none begin to: unbound, it would get a port.
  const int before = ::socket(AF_INET, SOCK_STREAM, 0);
  serving([before] {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto* const any = reinterpret_cast<const sockaddr*>(&address);
    EXPECT_EQ(errorOf(::bind(before, any, sizeof address)), EPERM);
    EXPECT_EQ(errorOf(::listen(before, 1)), EPERM);
  });
  ::close(before);
}

TEST(ServingCallsTest, AllowNoSocketsButOfTcpAndUdp) {
  serving([] {
    EXPECT_EQ(errorOfSocket(AF_UNIX, SOCK_STREAM), EPERM);
    EXPECT_EQ(errorOfSocket(AF_NETLINK, SOCK_RAW), EPERM);
    EXPECT_EQ(errorOfSocket(AF_INET, SOCK_RAW, IPPROTO_ICMP), EPERM);
    EXPECT_EQ(errorOfSocket(AF_PACKET, SOCK_DGRAM), EPERM);
    int ends[2];
    EXPECT_EQ(errorOf(::socketpair(AF_UNIX, SOCK_DGRAM, 0, ends)), EPERM)
        << "one of these could send to any other";
  });
}

TEST(ServingCallsTest, ReachNoOtherProcess) {
  const pid_t parent = ::getpid();
  serving([parent] {
#ifndef __SANITIZE_ADDRESS__
    EXPECT_EQ(errorOf(::ptrace(PTRACE_ATTACH, parent, nullptr, nullptr)), EPERM);
#endif
    char byte = 0;
    iovec here{&byte, 1};
    iovec there{&byte, 1};
    EXPECT_EQ(errorOf(::process_vm_readv(parent, &here, 1, &there, 1, 0)), EPERM);
    EXPECT_EQ(errorOf(::syscall(SYS_pidfd_getfd, 0, 0, 0)), EPERM);
    EXPECT_EQ(errorOf(::kill(parent, 0)), EPERM);
    EXPECT_EQ(errorOf(::syscall(SYS_tgkill, parent, parent, 0)), EPERM);
    EXPECT_EQ(errorOf(::syscall(SYS_pidfd_send_signal, 0, 0, nullptr, 0)), EPERM);
    EXPECT_EQ(errorOf(::kill(::getpid(), 0)), 0);
    EXPECT_EQ(errorOf(::fcntl(0, F_SETOWN, parent)), EPERM);
    rlimit limit{};
    EXPECT_EQ(errorOf(::prlimit(parent, RLIMIT_CORE, nullptr, &limit)), EPERM);
  });
}

TEST(ServingCallsTest, LeaveNamespacesMountsAndUsersAlone) {
  serving([] {
    EXPECT_EQ(errorOf(::unshare(CLONE_NEWUSER)), EPERM);
    EXPECT_EQ(errorOf(::setns(0, 0)), EPERM);
    EXPECT_EQ(errorOf(::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, 0)),
              EPERM);
    EXPECT_EQ(errorOf(::syscall(SYS_clone3, nullptr, 0)), ENOSYS);
    EXPECT_EQ(errorOf(::mount("none", "/", "tmpfs", 0, nullptr)), EPERM);
    EXPECT_EQ(errorOf(::chroot("/")), EPERM);
    EXPECT_EQ(errorOf(::setuid(0)), EPERM);
  });
}

TEST(ServingCallsTest, OfferLittleOfTheKernel) {
  serving([] {
    EXPECT_EQ(errorOf(::syscall(SYS_bpf, 0, nullptr, 0)), EPERM);
    EXPECT_EQ(errorOf(::syscall(SYS_perf_event_open, nullptr, 0, 0, 0, 0)), EPERM);
    EXPECT_EQ(errorOf(::syscall(SYS_io_uring_setup, 1, nullptr)), EPERM);
    EXPECT_EQ(errorOf(::syscall(SYS_userfaultfd, 0)), EPERM);
    EXPECT_EQ(errorOf(::syscall(SYS_keyctl, 0, 0, 0, 0, 0)), EPERM);
    EXPECT_EQ(errorOf(::prctl(PR_SET_MM, 0, 0, 0, 0)), EPERM);
    EXPECT_EQ(errorOf(::mknod("device", S_IFCHR | 0600, 1)), EPERM);
  });
}

void computing(const std::function<void()>& step) {
  inChild([&] {
    const auto kept = keepComputingCalls({static_cast<pid_t>(::syscall(SYS_gettid))});
    ASSERT_TRUE(kept.has_value()) << kept.error().message;
    step();
  });
}

TEST(ComputingCallsTest, LeaveMemoryAndWhatIsOpen) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  computing([&] {
    void* const memory =
        ::mmap(nullptr, 65'536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    EXPECT_EQ(errorOf(::mprotect(memory, 65'536, PROT_READ)), 0);
    EXPECT_EQ(errorOf(::munmap(memory, 65'536)), 0);
    EXPECT_EQ(errorOf(::write(ends[1], "a", 1)), 0);
    char byte = 0;
    EXPECT_EQ(::read(ends[0], &byte, 1), 1);
  });
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(ComputingCallsTest, OpenAndStartNothing) {
  computing([] {
    EXPECT_EQ(errorOf(::open("/dev/null", O_RDONLY)), EPERM);
    EXPECT_EQ(errorOfSocket(AF_INET, SOCK_STREAM), EPERM);
    EXPECT_EQ(errorOf(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, 0)), EPERM);
    EXPECT_EQ(errorOf(::execl("/bin/true", "true", nullptr)), EPERM);
    EXPECT_EQ(errorOf(::unlink("file")), EPERM);
  });
}

TEST(ComputingCallsTest, ReachNoThreadsButTheirOwn) {
  const pid_t parent = ::getpid();
  computing([parent] {
    EXPECT_EQ(errorOf(::kill(parent, 0)), EPERM);
    EXPECT_EQ(errorOf(::syscall(SYS_tgkill, parent, parent, 0)), EPERM);
    EXPECT_EQ(errorOf(::setpriority(PRIO_PROCESS, static_cast<id_t>(parent), 19)), EPERM);
    rlimit limit{};
    EXPECT_EQ(errorOf(::prlimit(parent, RLIMIT_CORE, nullptr, &limit)), EPERM);
    const auto self = static_cast<pid_t>(::syscall(SYS_gettid));
    EXPECT_EQ(errorOf(::syscall(SYS_tgkill, ::getpid(), self, 0)), 0);
    EXPECT_EQ(errorOf(::setpriority(PRIO_PROCESS, static_cast<id_t>(self), 19)), 0);
    EXPECT_EQ(errorOf(::getrlimit(RLIMIT_CORE, &limit)), 0);
  });
}

}  // namespace
}  // namespace skiff
