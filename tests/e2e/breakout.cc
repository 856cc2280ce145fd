// Linked into a skiffd of its own, for tests only: a thread within the daemon that does what it is
// told on standard input, a socket, as one who has broken out of a guest could. It is there before
// the daemon gives anything up. Each line is a command; the answer is the errno, or 0, and a line's
// end.
#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <sstream>
#include <string>
#include <thread>

namespace {

int errorOf(long result) {
  return result < 0 ? errno : 0;
}

int open(const std::string& path, int flags) {
  const int opened = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  const int error = errorOf(opened);
  if (opened >= 0) ::close(opened);
  return error;
}

/// In a process of its own.
int start(const std::string& program) {
  char* const arguments[] = {const_cast<char*>(program.c_str()), nullptr};
  pid_t process = -1;
  const int error = ::posix_spawn(&process, program.c_str(), nullptr, nullptr, arguments, nullptr);
  if (error == 0) ::waitpid(process, nullptr, 0);
  return error;
}

/// In this process: it is gone if that can be done.
int execute(const std::string& program) {
  char* const arguments[] = {const_cast<char*>(program.c_str()), nullptr};
  ::execve(program.c_str(), arguments, nullptr);
  return errno;
}

/// A process that is a copy of this one.
int copy() {
  const long process = ::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, 0);
  if (process == 0) ::_exit(0);
  if (process > 0) ::waitpid(static_cast<pid_t>(process), nullptr, 0);
  return errorOf(process);
}

int makeSocket(int family, int kind, int protocol = 0) {
  const int made = ::socket(family, kind | SOCK_CLOEXEC, protocol);
  const int error = errorOf(made);
  if (made >= 0) ::close(made);
  return error;
}

/// Makes a descriptor by a call that few programs need.
int makeDescriptor(long result) {
  const int error = errorOf(result);
  if (result >= 0) ::close(static_cast<int>(result));
  return error;
}

int addKey() {
  return errorOf(::syscall(SYS_add_key, "user", "skiff", "a", 1, -1 /* KEY_SPEC_THREAD_KEYRING */));
}

int makeBpfMap() {
  struct {
    std::uint32_t type = 2;  // BPF_MAP_TYPE_ARRAY
    std::uint32_t keySize = 4;
    std::uint32_t valueSize = 4;
    std::uint32_t entries = 1;
    char rest[104] = {};
  } attributes;
  return makeDescriptor(::syscall(SYS_bpf, 0, &attributes, sizeof attributes));
}

int makeRing() {
  char parameters[120] = {};
  return makeDescriptor(::syscall(SYS_io_uring_setup, 1, parameters));
}

int readMemory(pid_t process) {
  char byte = 0;
  iovec here{&byte, 1};
  iovec there{&byte, 1};
  const ssize_t got = ::process_vm_readv(process, &here, 1, &there, 1, 0);
  return got < 0 && errno != EFAULT ? errno : 0;
}

int trace(pid_t process) {
  if (::ptrace(PTRACE_SEIZE, process, nullptr, nullptr) != 0) return errno;
  ::ptrace(PTRACE_INTERRUPT, process, nullptr, nullptr);
  ::waitpid(process, nullptr, 0);
  ::ptrace(PTRACE_DETACH, process, nullptr, nullptr);
  return 0;
}

/// On a mount namespace of this thread's own.
int mount(const std::string& folder) {
  if (::unshare(CLONE_NEWNS) != 0) return errno;
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return errno;
  return errorOf(::mount("none", folder.c_str(), "tmpfs", 0, nullptr));
}

/// `how` is bind() or connect(), at a port of 127.0.0.1.
int useLoopback(int (*how)(int, const sockaddr*, socklen_t), std::uint16_t port) {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made < 0) return errno;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int error = errorOf(how(made, reinterpret_cast<const sockaddr*>(&address), sizeof address));
  ::close(made);
  return error;
}

/// Listens on a port that the kernel chooses.
int listen() {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made < 0) return errno;
  const int error = errorOf(::listen(made, 1));
  ::close(made);
  return error;
}

/// Starts what a file in memory holds.
int executeFromMemory() {
  const int file = ::memfd_create("program", MFD_CLOEXEC);
  if (file < 0) return errno;
  char name[] = "program";
  char* const arguments[] = {name, nullptr};
  // What is in it is no program: whoever may execute is told so.
  const long result = ::syscall(SYS_execveat, file, "", arguments, nullptr, AT_EMPTY_PATH);
  const int error = errorOf(result);
  ::close(file);
  return error == ENOEXEC || error == EACCES ? 0 : error;
}

/// Writes over code of this process, which mprotect() need not allow.
int overwriteCode() {
  const int memory = ::open("/proc/self/mem", O_RDWR | O_CLOEXEC);
  if (memory < 0) return errno;
  char code = 0;
  const auto place = reinterpret_cast<std::intptr_t>(&overwriteCode);
  int error = errorOf(::pread(memory, &code, 1, place));
  if (error == 0) error = errorOf(::pwrite(memory, &code, 1, place));
  ::close(memory);
  return error;
}

/// And back again.
int moveAway(const std::string& path) {
  const std::string other = path + ".moved";
  const int error = errorOf(::rename(path.c_str(), other.c_str()));
  if (error == 0) ::rename(other.c_str(), path.c_str());
  return error;
}

int obey(const std::string& line) {
  std::istringstream words(line);
  std::string what;
  std::string argument;
  words >> what >> argument;
  const auto process = [&] { return static_cast<pid_t>(std::stol(argument)); };
  if (what == "read") return open(argument, O_RDONLY);
  if (what == "write") return open(argument, O_WRONLY | O_CREAT);
  if (what == "move") return moveAway(argument);
  if (what == "remove") return errorOf(::unlink(argument.c_str()));
  if (what == "link") return errorOf(::link(argument.c_str(), (argument + ".link").c_str()));
  if (what == "cut") return errorOf(::truncate(argument.c_str(), 1));
  if (what == "folder") return errorOf(::mkdir(argument.c_str(), 0700));
  if (what == "chmod") return errorOf(::chmod(argument.c_str(), 0777));
  if (what == "start") return start(argument);
  if (what == "execute") return execute(argument);
  if (what == "execute-memory") return executeFromMemory();
  if (what == "overwrite-code") return overwriteCode();
  if (what == "copy") return copy();
  if (what == "bind") return useLoopback(::bind, 0);
  if (what == "listen") return listen();
  if (what == "connect") {
    return useLoopback(::connect, static_cast<std::uint16_t>(std::stoul(argument)));
  }
  if (what == "unix") return makeSocket(AF_UNIX, SOCK_STREAM);
  if (what == "netlink") return makeSocket(AF_NETLINK, SOCK_RAW);
  if (what == "raw") return makeSocket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  if (what == "packet") return makeSocket(AF_PACKET, SOCK_RAW);
  if (what == "signal") return errorOf(::kill(process(), 0));
  if (what == "trace") return trace(process());
  if (what == "memory") return readMemory(process());
  if (what == "limit") {
    rlimit limit{};
    return errorOf(::prlimit(process(), RLIMIT_CORE, nullptr, &limit));
  }
  if (what == "mount") return mount(argument);
  if (what == "root") return errorOf(::chroot(argument.c_str()));
  if (what == "key") return addKey();
  if (what == "bpf") return makeBpfMap();
  if (what == "ring") return makeRing();
  if (what == "faults") return makeDescriptor(::syscall(SYS_userfaultfd, O_CLOEXEC));
  return -1;
}

void serve() {
  std::string line;
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) == 1) {
    if (byte != '\n') {
      line += byte;
      continue;
    }
    const std::string answer = std::to_string(obey(line)) + "\n";
    line.clear();
    if (::write(STDIN_FILENO, answer.data(), answer.size()) < 0) return;
  }
}

[[gnu::constructor]] void begin() {
  std::thread(serve).detach();
}

}  // namespace
