#pragma once

/* The users of a system (POSIX <pwd.h>), which a WASI program knows nothing of. */
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct passwd {
  char* pw_name;
  uid_t pw_uid;
  gid_t pw_gid;
  char* pw_dir;
  char* pw_shell;
};

/* NULL, with errno untouched: there is no such user. */
struct passwd* getpwuid(uid_t user);

#ifdef __cplusplus
}
#endif
