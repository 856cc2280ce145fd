#pragma once

/* WASI preview 1 as a module imports it, without the wrappers of a C library: every argument goes
 * to the host as it is. Names and order are the specification's (wasi_snapshot_preview1, its witx);
 * pointers and lengths are apart, as they are in the core signature. */

#include <stdint.h>

/* clang-format off */
/* X(name, number): every errno. */
#define WASI_ERRNOS(X)                                                                            \
  X(SUCCESS, 0)                                                                                   \
  X(TOOBIG, 1) X(ACCES, 2) X(ADDRINUSE, 3) X(ADDRNOTAVAIL, 4) X(AFNOSUPPORT, 5) X(AGAIN, 6)       \
      X(ALREADY, 7) X(BADF, 8) X(BADMSG, 9) X(BUSY, 10) X(CANCELED, 11) X(CHILD, 12)              \
          X(CONNABORTED, 13) X(CONNREFUSED, 14) X(CONNRESET, 15) X(DEADLK, 16) X(DESTADDRREQ, 17) \
              X(DOM, 18) X(DQUOT, 19) X(EXIST, 20) X(FAULT, 21) X(FBIG, 22) X(HOSTUNREACH, 23) X( \
                  IDRM, 24) X(ILSEQ, 25) X(INPROGRESS, 26) X(INTR, 27) X(INVAL, 28) X(IO, 29)     \
                  X(ISCONN, 30) X(ISDIR, 31) X(LOOP, 32) X(MFILE, 33) X(MLINK, 34) X(MSGSIZE, 35) \
                      X(MULTIHOP, 36) X(NAMETOOLONG, 37) X(NETDOWN, 38) X(NETRESET, 39)           \
                          X(NETUNREACH, 40) X(NFILE, 41) X(NOBUFS, 42) X(NODEV, 43) X(NOENT, 44)  \
                              X(NOEXEC, 45) X(NOLCK, 46) X(NOLINK, 47) X(NOMEM, 48) X(NOMSG, 49)  \
                                  X(NOPROTOOPT, 50) X(NOSPC, 51) X(NOSYS, 52) X(NOTCONN, 53)      \
                                      X(NOTDIR, 54) X(NOTEMPTY, 55) X(NOTRECOVERABLE, 56)         \
                                          X(NOTSOCK, 57) X(NOTSUP, 58) X(NOTTY, 59) X(NXIO, 60)   \
                                              X(OVERFLOW, 61) X(OWNERDEAD, 62) X(PERM, 63)        \
                                                  X(PIPE, 64) X(PROTO, 65) X(PROTONOSUPPORT, 66)  \
                                                      X(PROTOTYPE, 67) X(RANGE, 68) X(ROFS, 69)   \
                                                          X(SPIPE, 70) X(SRCH, 71) X(STALE, 72)   \
                                                              X(TIMEDOUT, 73) X(TXTBSY, 74)       \
                                                                  X(XDEV, 75) X(NOTCAPABLE, 76)
/* clang-format on */

enum {
#define WASI_ERRNO_VALUE(name, number) ERRNO_##name = number,
  WASI_ERRNOS(WASI_ERRNO_VALUE)
#undef WASI_ERRNO_VALUE
};

enum {
  RIGHT_FD_DATASYNC = 1 << 0,
  RIGHT_FD_READ = 1 << 1,
  RIGHT_FD_SEEK = 1 << 2,
  RIGHT_FD_FDSTAT_SET_FLAGS = 1 << 3,
  RIGHT_FD_SYNC = 1 << 4,
  RIGHT_FD_TELL = 1 << 5,
  RIGHT_FD_WRITE = 1 << 6,
  RIGHT_FD_ADVISE = 1 << 7,
  RIGHT_FD_ALLOCATE = 1 << 8,
  RIGHT_PATH_CREATE_DIRECTORY = 1 << 9,
  RIGHT_PATH_CREATE_FILE = 1 << 10,
  RIGHT_PATH_LINK_SOURCE = 1 << 11,
  RIGHT_PATH_LINK_TARGET = 1 << 12,
  RIGHT_PATH_OPEN = 1 << 13,
  RIGHT_FD_READDIR = 1 << 14,
  RIGHT_PATH_READLINK = 1 << 15,
  RIGHT_PATH_RENAME_SOURCE = 1 << 16,
  RIGHT_PATH_RENAME_TARGET = 1 << 17,
  RIGHT_PATH_FILESTAT_GET = 1 << 18,
  RIGHT_PATH_FILESTAT_SET_SIZE = 1 << 19,
  RIGHT_PATH_FILESTAT_SET_TIMES = 1 << 20,
  RIGHT_FD_FILESTAT_GET = 1 << 21,
  RIGHT_FD_FILESTAT_SET_SIZE = 1 << 22,
  RIGHT_FD_FILESTAT_SET_TIMES = 1 << 23,
  RIGHT_PATH_SYMLINK = 1 << 24,
  RIGHT_PATH_REMOVE_DIRECTORY = 1 << 25,
  RIGHT_PATH_UNLINK_FILE = 1 << 26,
  RIGHT_POLL_FD_READWRITE = 1 << 27,
  RIGHT_SOCK_SHUTDOWN = 1 << 28,
  RIGHT_SOCK_ACCEPT = 1 << 29,
  RIGHTS_ALL = (1 << 30) - 1,
};

enum {
  FDFLAG_APPEND = 1,
  FDFLAG_DSYNC = 2,
  FDFLAG_NONBLOCK = 4,
  FDFLAG_RSYNC = 8,
  FDFLAG_SYNC = 16
};
enum { OFLAG_CREAT = 1, OFLAG_DIRECTORY = 2, OFLAG_EXCL = 4, OFLAG_TRUNC = 8 };
enum { LOOKUP_SYMLINK_FOLLOW = 1 };
enum { FST_ATIM = 1, FST_ATIM_NOW = 2, FST_MTIM = 4, FST_MTIM_NOW = 8 };
enum { WHENCE_SET, WHENCE_CUR, WHENCE_END };
enum { CLOCK_ID_REALTIME, CLOCK_ID_MONOTONIC, CLOCK_ID_PROCESS_CPUTIME, CLOCK_ID_THREAD_CPUTIME };
enum { EVENT_CLOCK, EVENT_FD_READ, EVENT_FD_WRITE };
enum { SUBCLOCK_ABSTIME = 1 };
enum { EVENT_HANGUP = 1 };
enum {
  FILETYPE_UNKNOWN,
  FILETYPE_BLOCK_DEVICE,
  FILETYPE_CHARACTER_DEVICE,
  FILETYPE_DIRECTORY,
  FILETYPE_REGULAR_FILE,
  FILETYPE_SOCKET_DGRAM,
  FILETYPE_SOCKET_STREAM,
  FILETYPE_SYMBOLIC_LINK
};

struct Iovec {
  const void* bytes;
  uint32_t size;
};
struct Fdstat {
  uint8_t type;
  uint16_t flags;
  uint64_t rights;
  uint64_t inheriting;
};
struct Filestat {
  uint64_t device;
  uint64_t inode;
  uint8_t type;
  uint64_t links;
  uint64_t size;
  uint64_t accessed;
  uint64_t modified;
  uint64_t changed;
};
struct Dirent {
  uint64_t next;
  uint64_t inode;
  uint32_t name_size;
  uint8_t type;
};
struct Prestat {
  uint8_t tag;
  uint32_t name_size;
};
struct Subscription {
  uint64_t userdata;
  uint8_t type;
  _Alignas(8) uint32_t subject; /* the clock or the descriptor */
  uint64_t timeout;
  uint64_t precision;
  uint16_t flags;
};
struct Event {
  uint64_t userdata;
  uint16_t error;
  uint8_t type;
  uint64_t available;
  uint16_t flags;
};
_Static_assert(sizeof(struct Iovec) == 8, "iovec");
_Static_assert(sizeof(struct Fdstat) == 24, "fdstat");
_Static_assert(sizeof(struct Filestat) == 64, "filestat");
_Static_assert(sizeof(struct Dirent) == 24, "dirent");
_Static_assert(sizeof(struct Prestat) == 8, "prestat");
_Static_assert(sizeof(struct Subscription) == 48, "subscription");
_Static_assert(sizeof(struct Event) == 32, "event");

#define WASI_IMPORT(function) \
  __attribute__((import_module("wasi_snapshot_preview1"), import_name(#function)))
#define WASI(function, ...) WASI_IMPORT(function) uint32_t wasi_##function(__VA_ARGS__)

WASI(args_get, void* pointers, void* text);
WASI(args_sizes_get, void* count, void* size);
WASI(environ_get, void* pointers, void* text);
WASI(environ_sizes_get, void* count, void* size);
WASI(clock_res_get, uint32_t clock, void* resolution);
WASI(clock_time_get, uint32_t clock, uint64_t precision, void* time);
WASI(fd_advise, uint32_t fd, uint64_t offset, uint64_t length, uint32_t advice);
WASI(fd_allocate, uint32_t fd, uint64_t offset, uint64_t length);
WASI(fd_close, uint32_t fd);
WASI(fd_datasync, uint32_t fd);
WASI(fd_fdstat_get, uint32_t fd, void* stat);
WASI(fd_fdstat_set_flags, uint32_t fd, uint32_t flags);
WASI(fd_fdstat_set_rights, uint32_t fd, uint64_t rights, uint64_t inheriting);
WASI(fd_filestat_get, uint32_t fd, void* stat);
WASI(fd_filestat_set_size, uint32_t fd, uint64_t size);
WASI(fd_filestat_set_times, uint32_t fd, uint64_t accessed, uint64_t modified, uint32_t flags);
WASI(fd_pread, uint32_t fd, const void* iovecs, uint32_t count, uint64_t offset, void* size);
WASI(fd_prestat_get, uint32_t fd, void* prestat);
WASI(fd_prestat_dir_name, uint32_t fd, void* name, uint32_t size);
WASI(fd_pwrite, uint32_t fd, const void* iovecs, uint32_t count, uint64_t offset, void* size);
WASI(fd_read, uint32_t fd, const void* iovecs, uint32_t count, void* size);
WASI(fd_readdir, uint32_t fd, void* buffer, uint32_t size, uint64_t cookie, void* used);
WASI(fd_renumber, uint32_t from, uint32_t to);
WASI(fd_seek, uint32_t fd, int64_t offset, uint32_t whence, void* position);
WASI(fd_sync, uint32_t fd);
WASI(fd_tell, uint32_t fd, void* position);
WASI(fd_write, uint32_t fd, const void* iovecs, uint32_t count, void* size);
WASI(path_create_directory, uint32_t fd, const void* path, uint32_t size);
WASI(path_filestat_get, uint32_t fd, uint32_t lookup, const void* path, uint32_t size, void* stat);
WASI(path_filestat_set_times, uint32_t fd, uint32_t lookup, const void* path, uint32_t size,
     uint64_t accessed, uint64_t modified, uint32_t flags);
WASI(path_link, uint32_t from, uint32_t lookup, const void* from_path, uint32_t from_size,
     uint32_t to, const void* to_path, uint32_t to_size);
WASI(path_open, uint32_t fd, uint32_t lookup, const void* path, uint32_t size, uint32_t oflags,
     uint64_t rights, uint64_t inheriting, uint32_t fdflags, void* opened);
WASI(path_readlink, uint32_t fd, const void* path, uint32_t path_size, void* buffer, uint32_t size,
     void* used);
WASI(path_remove_directory, uint32_t fd, const void* path, uint32_t size);
WASI(path_rename, uint32_t from, const void* from_path, uint32_t from_size, uint32_t to,
     const void* to_path, uint32_t to_size);
WASI(path_symlink, const void* target, uint32_t target_size, uint32_t fd, const void* path,
     uint32_t size);
WASI(path_unlink_file, uint32_t fd, const void* path, uint32_t size);
WASI(poll_oneoff, const void* subscriptions, void* events, uint32_t count, void* happened);
WASI_IMPORT(proc_exit) _Noreturn void wasi_proc_exit(uint32_t code);
WASI(proc_raise, uint32_t signal);
WASI(sched_yield, void);
WASI(random_get, void* bytes, uint32_t size);
WASI(sock_accept, uint32_t fd, uint32_t flags, void* accepted);
WASI(sock_recv, uint32_t fd, const void* iovecs, uint32_t count, uint32_t flags, void* size,
     void* out_flags);
WASI(sock_send, uint32_t fd, const void* iovecs, uint32_t count, uint32_t flags, void* size);
WASI(sock_shutdown, uint32_t fd, uint32_t how);
