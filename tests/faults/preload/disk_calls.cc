// The calls that reach a disk: each fails or waits as the control says, if it is about something
// below the folder, and is made otherwise.
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "tests/faults/preload/control.h"

namespace skiff::faults {
namespace {

bool isBelow(const Control& control, const char* path) {
  const std::size_t length = std::strlen(control.folder);
  return length != 0 && std::strncmp(path, control.folder, length) == 0 &&
         (path[length] == '/' || path[length] == '\0');
}

bool isBelow(const Control& control, int descriptor) {
  char name[32];
  std::snprintf(name, sizeof name, "/proc/self/fd/%d", descriptor);
  char path[PATH_MAX];
  const auto size = ::syscall(SYS_readlink, name, path, sizeof path - 1);
  if (size <= 0) return false;
  path[size] = '\0';
  return isBelow(control, path);
}

bool isBelow(const Control& control, int folder, const char* path) {
  return path[0] == '/' || folder == AT_FDCWD ? isBelow(control, path) : isBelow(control, folder);
}

/// Whether the call is to fail; errno is set then. `target`: what isBelow() takes.
template <class... Target>
bool fails(Call call, Target... target) {
  Control* const now = control();
  if (now == nullptr) return false;
  Control::Fault& fault = now->calls[static_cast<std::size_t>(call)];
  const int kept = errno;
  const bool concerned = isBelow(*now, target...);
  errno = kept;
  if (!concerned) return false;
  const int error = fault.error;
  if (error == 0) return false;
  if (fault.only != 0) {
    if (--fault.only != 0) return false;
    fault.error = 0;
  }
  ++fault.failed;
  errno = error;
  return true;
}

void waitForSync(int descriptor) {
  Control* const now = control();
  if (now == nullptr || now->holdsSync == 0 || !isBelow(*now, descriptor)) return;
  ++now->heldSyncs;
  while (now->holdsSync != 0) ::syscall(SYS_futex, &now->holdsSync, FUTEX_WAIT, 1, nullptr);
}

int openAt(int folder, const char* path, int flags, mode_t mode) {
  const bool changes = (flags & (O_WRONLY | O_RDWR | O_CREAT)) != 0;
  if (changes && fails(Call::open, folder, path)) return -1;
  return static_cast<int>(::syscall(SYS_openat, folder, path, flags, mode));
}

int sync(long number, int descriptor) {
  waitForSync(descriptor);
  if (fails(Call::sync, descriptor)) return -1;
  return static_cast<int>(::syscall(number, descriptor));
}

/// The mode that follows, where there is one.
template <class List>
mode_t modeOf(int flags, List& list) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(list, mode_t) : 0;
}

}  // namespace
}  // namespace skiff::faults

using skiff::faults::Call;
using skiff::faults::fails;

extern "C" {

int open(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = skiff::faults::modeOf(flags, list);
  va_end(list);
  return skiff::faults::openAt(AT_FDCWD, path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = skiff::faults::modeOf(flags, list);
  va_end(list);
  return skiff::faults::openAt(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = skiff::faults::modeOf(flags, list);
  va_end(list);
  return skiff::faults::openAt(folder, path, flags, mode);
}

ssize_t write(int descriptor, const void* bytes, size_t size) {
  if (fails(Call::write, descriptor)) return -1;
  return ::syscall(SYS_write, descriptor, bytes, size);
}

ssize_t writev(int descriptor, const iovec* parts, int count) {
  if (fails(Call::write, descriptor)) return -1;
  return ::syscall(SYS_writev, descriptor, parts, count);
}

ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t offset) {
  if (fails(Call::write, descriptor)) return -1;
  return ::syscall(SYS_pwrite64, descriptor, bytes, size, offset);
}

ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off_t offset) {
  return pwrite(descriptor, bytes, size, offset);
}

int fsync(int descriptor) {
  return skiff::faults::sync(SYS_fsync, descriptor);
}

int fdatasync(int descriptor) {
  return skiff::faults::sync(SYS_fdatasync, descriptor);
}

int syncfs(int descriptor) noexcept {
  return skiff::faults::sync(SYS_syncfs, descriptor);
}

int ftruncate(int descriptor, off_t size) noexcept {
  if (fails(Call::truncate, descriptor)) return -1;
  return static_cast<int>(::syscall(SYS_ftruncate, descriptor, size));
}

int ftruncate64(int descriptor, off_t size) noexcept {
  return ftruncate(descriptor, size);
}

int fallocate(int descriptor, int mode, off_t offset, off_t size) {
  if (fails(Call::write, descriptor)) return -1;
  return static_cast<int>(::syscall(SYS_fallocate, descriptor, mode, offset, size));
}

int rename(const char* from, const char* to) noexcept {
  if (fails(Call::rename, from)) return -1;
  return static_cast<int>(::syscall(SYS_rename, from, to));
}

int renameat(int folder, const char* from, int target, const char* to) noexcept {
  if (fails(Call::rename, folder, from)) return -1;
  return static_cast<int>(::syscall(SYS_renameat, folder, from, target, to));
}

int mkdir(const char* path, mode_t mode) noexcept {
  if (fails(Call::open, path)) return -1;
  return static_cast<int>(::syscall(SYS_mkdir, path, mode));
}

int mkdirat(int folder, const char* path, mode_t mode) noexcept {
  if (fails(Call::open, folder, path)) return -1;
  return static_cast<int>(::syscall(SYS_mkdirat, folder, path, mode));
}

int unlink(const char* path) noexcept {
  if (fails(Call::unlink, path)) return -1;
  return static_cast<int>(::syscall(SYS_unlink, path));
}

int unlinkat(int folder, const char* path, int flags) noexcept {
  if (fails(Call::unlink, folder, path)) return -1;
  return static_cast<int>(::syscall(SYS_unlinkat, folder, path, flags));
}

}  // extern "C"
