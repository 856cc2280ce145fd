/* Calls every function of WASI with every kind of hostile argument, and checks that the host writes
 * only where it was told to, and not at all where that is not wholly inside memory.
 *
 *   hostile SEED ROUNDS
 *
 * First each parameter of each function takes each hostile value while the others are sensible;
 * then, ROUNDS times, all parameters are picked by chance. Exits with 42 if all is well; else with
 * 1, and `hostile: FUNCTION` on standard error. Works in the first granted directory, and in the
 * second if there is one. */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "wasi_preview1.h"

#define ALL_WELL 42
#define CANARY 0xa5
#define FENCE 4096
#define ZONE 32768

/* The host may write to the zone; the fences around it must stay as they are. */
static struct {
  unsigned char before[FENCE];
  unsigned char zone[ZONE];
  unsigned char after[FENCE];
} memory;

/* Never written: as an array of buffers or subscriptions it is empty ones. */
static const unsigned char zeros[8192];

static char texts[][32] = {
    "file", "directory", "directory/file", "link", "new",   "..",     "../x",          "/etc/hosts",
    ".",    "",          "directory/..",   "new/", "other", "link/x", "directory/new", "n\0l"};
#define TEXTS (sizeof texts / sizeof *texts)

/* Buffers, good and bad. */
static struct Iovec buffers[24];
static struct Subscription subscriptions[4];

static uint32_t memory_size(void) {
  return (uint32_t)(__builtin_wasm_memory_size(0) * 65536u);
}

static uint32_t state = 1;
static uint32_t pick(uint32_t count) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state % count;
}

/* What a parameter is. */
enum Kind {
  FD = 'f',     /* a descriptor */
  NUMBER = 'n', /* 32 bits */
  LONG = 'd',   /* 64 bits */
  RESULT = 'r', /* where a result of up to 64 bytes goes */
  OUT = 'o',    /* a buffer to write to; its SIZE follows */
  IN = 'i',     /* a text to read; its SIZE follows */
  SIZE = 's',   /* of what the parameter in front points to */
  VECTOR = 'v', /* an array of buffers; its COUNT follows */
  EVENTS = 'e', /* an array of subscriptions, one for events behind it; their COUNT follows */
  COUNT = 'c',
  SIGNAL = 'g' /* one that does not end the program */
};

static const struct {
  const char* name;
  const char* parameters;
} functions[] = {{"args_get", "rr"},
                 {"args_sizes_get", "rr"},
                 {"environ_get", "rr"},
                 {"environ_sizes_get", "rr"},
                 {"clock_res_get", "nr"},
                 {"clock_time_get", "ndr"},
                 {"fd_advise", "fddn"},
                 {"fd_allocate", "fdd"},
                 {"fd_close", "f"},
                 {"fd_datasync", "f"},
                 {"fd_fdstat_get", "fr"},
                 {"fd_fdstat_set_flags", "fn"},
                 {"fd_fdstat_set_rights", "fdd"},
                 {"fd_filestat_get", "fr"},
                 {"fd_filestat_set_size", "fd"},
                 {"fd_filestat_set_times", "fddn"},
                 {"fd_pread", "fvcdr"},
                 {"fd_prestat_get", "fr"},
                 {"fd_prestat_dir_name", "fos"},
                 {"fd_pwrite", "fvcdr"},
                 {"fd_read", "fvcr"},
                 {"fd_readdir", "fosdr"},
                 {"fd_renumber", "ff"},
                 {"fd_seek", "fdnr"},
                 {"fd_sync", "f"},
                 {"fd_tell", "fr"},
                 {"fd_write", "fvcr"},
                 {"path_create_directory", "fis"},
                 {"path_filestat_get", "fnisr"},
                 {"path_filestat_set_times", "fnisddn"},
                 {"path_link", "fnisfis"},
                 {"path_open", "fnisnddnr"},
                 {"path_readlink", "fisosr"},
                 {"path_remove_directory", "fis"},
                 {"path_rename", "fisfis"},
                 {"path_symlink", "isfis"},
                 {"path_unlink_file", "fis"},
                 {"poll_oneoff", "eecr"},
                 {"proc_raise", "g"},
                 {"sched_yield", ""},
                 {"random_get", "os"},
                 {"sock_accept", "fnr"},
                 {"sock_recv", "fvcnrr"},
                 {"sock_send", "fvcnr"},
                 {"sock_shutdown", "fn"}};
#define FUNCTIONS (sizeof functions / sizeof *functions)
#define MAX_PARAMETERS 9

#define P(i) ((void*)(uintptr_t)a[i])
#define N(i) ((uint32_t)a[i])
static uint32_t call(uint32_t function, const uint64_t* a) {
  switch (function) {
    case 0:
      return wasi_args_get(P(0), P(1));
    case 1:
      return wasi_args_sizes_get(P(0), P(1));
    case 2:
      return wasi_environ_get(P(0), P(1));
    case 3:
      return wasi_environ_sizes_get(P(0), P(1));
    case 4:
      return wasi_clock_res_get(N(0), P(1));
    case 5:
      return wasi_clock_time_get(N(0), a[1], P(2));
    case 6:
      return wasi_fd_advise(N(0), a[1], a[2], N(3));
    case 7:
      return wasi_fd_allocate(N(0), a[1], a[2]);
    case 8:
      return wasi_fd_close(N(0));
    case 9:
      return wasi_fd_datasync(N(0));
    case 10:
      return wasi_fd_fdstat_get(N(0), P(1));
    case 11:
      return wasi_fd_fdstat_set_flags(N(0), N(1));
    case 12:
      return wasi_fd_fdstat_set_rights(N(0), a[1], a[2]);
    case 13:
      return wasi_fd_filestat_get(N(0), P(1));
    case 14:
      return wasi_fd_filestat_set_size(N(0), a[1]);
    case 15:
      return wasi_fd_filestat_set_times(N(0), a[1], a[2], N(3));
    case 16:
      return wasi_fd_pread(N(0), P(1), N(2), a[3], P(4));
    case 17:
      return wasi_fd_prestat_get(N(0), P(1));
    case 18:
      return wasi_fd_prestat_dir_name(N(0), P(1), N(2));
    case 19:
      return wasi_fd_pwrite(N(0), P(1), N(2), a[3], P(4));
    case 20:
      return wasi_fd_read(N(0), P(1), N(2), P(3));
    case 21:
      return wasi_fd_readdir(N(0), P(1), N(2), a[3], P(4));
    case 22:
      return wasi_fd_renumber(N(0), N(1));
    case 23:
      return wasi_fd_seek(N(0), (int64_t)a[1], N(2), P(3));
    case 24:
      return wasi_fd_sync(N(0));
    case 25:
      return wasi_fd_tell(N(0), P(1));
    case 26:
      return wasi_fd_write(N(0), P(1), N(2), P(3));
    case 27:
      return wasi_path_create_directory(N(0), P(1), N(2));
    case 28:
      return wasi_path_filestat_get(N(0), N(1), P(2), N(3), P(4));
    case 29:
      return wasi_path_filestat_set_times(N(0), N(1), P(2), N(3), a[4], a[5], N(6));
    case 30:
      return wasi_path_link(N(0), N(1), P(2), N(3), N(4), P(5), N(6));
    case 31:
      return wasi_path_open(N(0), N(1), P(2), N(3), N(4), a[5], a[6], N(7), P(8));
    case 32:
      return wasi_path_readlink(N(0), P(1), N(2), P(3), N(4), P(5));
    case 33:
      return wasi_path_remove_directory(N(0), P(1), N(2));
    case 34:
      return wasi_path_rename(N(0), P(1), N(2), N(3), P(4), N(5));
    case 35:
      return wasi_path_symlink(P(0), N(1), N(2), P(3), N(4));
    case 36:
      return wasi_path_unlink_file(N(0), P(1), N(2));
    case 37:
      return wasi_poll_oneoff(P(0), P(1), N(2), P(3));
    case 38:
      return wasi_proc_raise(N(0));
    case 39:
      return wasi_sched_yield();
    case 40:
      return wasi_random_get(P(0), N(1));
    case 41:
      return wasi_sock_accept(N(0), N(1), P(2));
    case 42:
      return wasi_sock_recv(N(0), P(1), N(2), N(3), P(4), P(5));
    case 43:
      return wasi_sock_send(N(0), P(1), N(2), N(3), P(4));
    default:
      return wasi_sock_shutdown(N(0), N(1));
  }
}

/* Hostile values: the first `HOSTILE` of each kind. */
#define HOSTILE 28
static uint64_t hostile_number(uint32_t i) {
  const uint64_t size = memory_size();
  const uint64_t values[HOSTILE] = {0,
                                    1,
                                    2,
                                    3,
                                    7,
                                    8,
                                    31,
                                    63,
                                    255,
                                    256,
                                    4095,
                                    4096,
                                    65535,
                                    65536,
                                    size - 1,
                                    size,
                                    size + 1,
                                    0x7fffffff,
                                    0x80000000,
                                    0x80000001,
                                    0xfffffffe,
                                    0xffffffff,
                                    0x100000000,
                                    0x7fffffffffffffff,
                                    0x8000000000000000,
                                    0xffffffffffffffff,
                                    0xfffffffffffffff0,
                                    0x20000000};
  return values[i];
}
/* Where nothing, or not all, is inside memory, whatever is put there; and the zone. */
static uint32_t hostile_address(uint32_t i, uint32_t room) {
  const uint32_t size = memory_size();
  const uint32_t outside[] = {size,        size + 1,      size - 1 < room ? size : size - 1,
                              0x7fffffff,  0x80000000u,   0xffffffffu,
                              0xfffffffeu, 0xfffffff0u,   0u - room,
                              0xffff0000u, size + 65536u, 0u - size};
  const uint32_t count = sizeof outside / sizeof *outside;
  if (i < count) return outside[i];
  return (uint32_t)(uintptr_t)memory.zone + (i - count) * 64;
}

static uint64_t sensible(enum Kind kind) {
  switch (kind) {
    case FD:
      return 3 + pick(8);
    case NUMBER:
      return pick(4);
    case LONG:
      return pick(4) ? pick(100) : (1 << 30) - 1;
    case RESULT:
    case OUT:
      return (uint32_t)(uintptr_t)memory.zone + pick(ZONE / 2);
    case IN:
      return (uint32_t)(uintptr_t)texts[pick(TEXTS)];
    case SIZE:
      return pick(20);
    case VECTOR:
      return (uint32_t)(uintptr_t)&buffers[pick(8)];
    case EVENTS:
      return (uint32_t)(uintptr_t)subscriptions;
    case COUNT:
      return 1 + pick(4);
    default:
      return 16;
  }
}

static uint64_t hostile(enum Kind kind, uint32_t i) {
  switch (kind) {
    case RESULT:
    case OUT:
      return hostile_address(i % 28, 65);
    case IN:
    case VECTOR:
    case EVENTS:
      return i % 3 ? hostile_address(i % 12, 65) : (uint32_t)(uintptr_t)zeros;
    case SIGNAL:
      return i % 2 ? 31 + i : 0;
    case SIZE:
    case COUNT:
    case NUMBER:
    case FD:
      return (uint32_t)hostile_number(i);
    default:
      return hostile_number(i);
  }
}

/* The host may do what it is told: what it is told must not reach over the fences. */
static void keep_off_the_fences(const char* parameters, uint64_t* values) {
  const uint32_t zone = (uint32_t)(uintptr_t)memory.zone;
  for (uint32_t i = 0; parameters[i]; ++i) {
    if (parameters[i] == OUT && values[i] >= zone && values[i] < zone + ZONE) {
      const uint64_t end = values[i] + (uint32_t)values[i + 1];
      /* Up to the zone's end, or beyond the end of memory. */
      if (end <= memory_size() && end > zone + ZONE) values[i + 1] = zone + ZONE - values[i];
    }
    /* Events go to where they are told, but not over the subscriptions. */
    if (parameters[i] == EVENTS && parameters[i + 1] == COUNT) {
      if (values[i] == (uint32_t)(uintptr_t)subscriptions ||
          values[i] == (uint32_t)(uintptr_t)zeros) {
        values[i] = zone;
      }
      /* No more than the subscriptions or the zeros behind which nothing hostile lies. */
      if ((uint32_t)values[i + 1] > 4 && (uint32_t)values[i + 1] < 0x10000) values[i + 1] = 4;
    }
    /* Behind the buffers lie none. */
    if (parameters[i] == VECTOR && (uint32_t)values[i + 1] > 16 &&
        (uint32_t)values[i + 1] < 0x10000) {
      values[i + 1] = 16;
    }
  }
}

static bool fences_stand(void) {
  for (uint32_t i = 0; i < FENCE; ++i) {
    if (memory.before[i] != CANARY || memory.after[i] != CANARY) return false;
  }
  return true;
}

static void fail(const char* name) {
  const struct Iovec text[] = {{"hostile: ", 9}, {name, (uint32_t)strlen(name)}, {"\n", 1}};
  uint32_t size;
  wasi_fd_write(2, text, 3, &size);
  wasi_proc_exit(1);
}

static void try(uint32_t function, uint64_t* values) {
  keep_off_the_fences(functions[function].parameters, values);
  const uint32_t error = call(function, values);
  if (error > ERRNO_NOTCAPABLE || !fences_stand()) fail(functions[function].name);
}

static void prepare(void) {
  memset(&memory, CANARY, sizeof memory);
  const uint32_t zone = (uint32_t)(uintptr_t)memory.zone;
  for (uint32_t i = 0; i < 24; ++i) {
    /* The first eight and the last are good. */
    buffers[i].bytes =
        (void*)(uintptr_t)(i < 8 || i >= 16 ? zone + i * 1000 : hostile_address(i % 12, 65));
    buffers[i].size = i < 8 || i >= 16 ? i * 40 : (uint32_t)hostile_number(i);
  }
  for (uint32_t i = 0; i < 4; ++i) {
    subscriptions[i].userdata = i;
    subscriptions[i].type = (uint8_t)i; /* the last is none */
    subscriptions[i].subject = i * 3;
    subscriptions[i].timeout = i * 1000;
  }
}

/* What closing and renumbering took away comes back; what was opened goes. */
static void start_over(void) {
  for (uint32_t fd = 5; fd < 40; ++fd) wasi_fd_close(fd);
  uint32_t fd;
  for (uint32_t root = 3; root < 5; ++root) {
    wasi_path_create_directory(root, "directory", 9);
    wasi_path_symlink("file", 4, root, "link", 4);
    if (!wasi_path_open(root, 0, "file", 4, OFLAG_CREAT, RIGHTS_ALL, 0, 0, &fd)) {
      const struct Iovec text = {"some content", 12};
      uint32_t size;
      wasi_fd_write(fd, &text, 1, &size);
    }
  }
}

static bool ends_descriptors(uint32_t function) {
  return function == 8 || function == 22 || function == 12;
}

int main(int count, char** arguments) {
  state = count > 1 ? (uint32_t)strtoul(arguments[1], NULL, 10) | 1 : 1;
  const uint32_t rounds = count > 2 ? (uint32_t)strtoul(arguments[2], NULL, 10) : 1000;
  prepare();
  uint64_t values[MAX_PARAMETERS + 1] = {0};
  for (uint32_t function = 0; function < FUNCTIONS; ++function) {
    const char* parameters = functions[function].parameters;
    for (uint32_t changed = 0; parameters[changed]; ++changed) {
      for (uint32_t i = 0; i < HOSTILE; ++i) {
        for (uint32_t j = 0; parameters[j]; ++j) {
          values[j] = j == changed ? hostile((enum Kind)parameters[j], i)
                                   : sensible((enum Kind)parameters[j]);
          /* The granted directories stay open, and so does standard error. */
          if (ends_descriptors(function) && parameters[j] == FD && values[j] < 5) values[j] = 5;
        }
        start_over();
        try(function, values);
      }
    }
  }
  for (uint32_t round = 0; round < rounds; ++round) {
    if (round % 64 == 0) start_over();
    const uint32_t function = pick(FUNCTIONS);
    const char* parameters = functions[function].parameters;
    for (uint32_t j = 0; parameters[j]; ++j) {
      const enum Kind kind = (enum Kind)parameters[j];
      values[j] = pick(3) ? sensible(kind) : hostile(kind, pick(HOSTILE));
      if (ends_descriptors(function) && kind == FD && values[j] < 5) values[j] = 5;
    }
    try(function, values);
  }
  return ALL_WELL;
}
