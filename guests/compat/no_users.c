/* Users and permissions where there are none: a WASI program may do with a file what the directory
 * that it was granted allows. */
#include <errno.h>
#include <pwd.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

/* Not 0: programs take that for the user who may do everything. */
enum { kNobody = 65534 };

static int refuse(void) {
  errno = ENOSYS;
  return -1;
}

uid_t getuid(void) {
  return kNobody;
}

uid_t geteuid(void) {
  return kNobody;
}

struct passwd* getpwuid(uid_t user) {
  (void)user;
  return NULL;
}

int chown(const char* path, uid_t owner, gid_t group) {
  (void)path, (void)owner, (void)group;
  return refuse();
}

int fchown(int descriptor, uid_t owner, gid_t group) {
  (void)descriptor, (void)owner, (void)group;
  return refuse();
}

int chmod(const char* path, mode_t mode) {
  (void)path, (void)mode;
  return refuse();
}

int fchmod(int descriptor, mode_t mode) {
  (void)descriptor, (void)mode;
  return refuse();
}
