/* Attempts to get out of the granted directories, as a table of cases (conformance/conformance.h
 * says how it is run): none may succeed, and each must be refused with the right errno. The last
 * argument is the absolute path of the directory that holds the granted ones, and in it lies a file
 * "secret".
 */

#include <stdio.h>

#include "conformance/conformance.h"

static char bytes[4096];
static uint32_t size;
static uint32_t opened;
static struct Filestat stat;

/* Calls one function after another that takes a path which leads out; stops at the first that is
 * not refused with NOTCAPABLE. */
static bool all_refuse(uint32_t directory, const char* path) {
  const uint32_t follow = LOOKUP_SYMLINK_FOLLOW;
  const uint32_t length = (uint32_t)strlen(path);
  make_file("own", "own content");
#define REFUSED(call) errno_is(__FILE__, __LINE__, path, ERRNO_NOTCAPABLE, (call))
  const bool refused =
      REFUSED(wasi_path_open(directory, follow, path, length, 0, RIGHT_FD_READ, 0, 0, &opened)) &&
      REFUSED(wasi_path_open(directory, 0, path, length, OFLAG_DIRECTORY, 0, 0, 0, &opened)) &&
      REFUSED(wasi_path_open(directory, follow, path, length, OFLAG_CREAT, RIGHT_FD_WRITE, 0, 0,
                             &opened)) &&
      REFUSED(wasi_path_open(directory, follow, path, length, OFLAG_TRUNC, 0, 0, 0, &opened)) &&
      REFUSED(wasi_path_filestat_get(directory, follow, path, length, &stat)) &&
      REFUSED(wasi_path_filestat_set_times(directory, follow, path, length, 1, 1, FST_MTIM)) &&
      REFUSED(wasi_path_readlink(directory, path, length, bytes, sizeof bytes, &size)) &&
      REFUSED(wasi_path_create_directory(directory, path, length)) &&
      REFUSED(wasi_path_remove_directory(directory, path, length)) &&
      REFUSED(wasi_path_unlink_file(directory, path, length)) &&
      REFUSED(wasi_path_symlink(PATH("target"), directory, path, length)) &&
      REFUSED(wasi_path_link(directory, 0, path, length, work, PATH("grabbed"))) &&
      REFUSED(wasi_path_link(work, 0, PATH("own"), directory, path, length)) &&
      REFUSED(wasi_path_rename(directory, path, length, work, PATH("grabbed"))) &&
      REFUSED(wasi_path_rename(work, PATH("own"), directory, path, length));
#undef REFUSED
  return refused;
}

static const char* outside(const char* name) {
  static char path[4096];
  snprintf(path, sizeof path, "%s/%s", arguments[argument_count - 1], name);
  return path;
}

FAILS_IN(HOST, absolute, of_the_host) {
  EXPECT_TRUE(all_refuse(work, outside("secret")));
  EXPECT_TRUE(all_refuse(root, outside("secret")));
}
FAILS_IN(HOST, absolute, of_the_granted_directory_itself) {
  EXPECT_TRUE(all_refuse(root, outside("work")));
  EXPECT_TRUE(all_refuse(root, outside("work/prepared")));
  EXPECT_TRUE(all_refuse(root, "/work"));
  EXPECT_TRUE(all_refuse(root, "/work/../secret"));
}
FAILS_IN(HOST, absolute, however_it_is_spelt) {
  static const char* const paths[] = {
      "/",          "//",    "///",     "/.",          "/..",          "/./secret",
      "//secret",   "/ ",    "/\\",     "/etc/passwd", "//etc/passwd", "/etc/../etc/passwd",
      "/dev/stdin", "/proc", "/tmp/..", "/work/",      "/ro/file",     "/../../secret"};
  for (unsigned i = 0; i < sizeof paths / sizeof *paths; ++i) {
    EXPECT_TRUE(all_refuse(root, paths[i]));
  }
}
FAILS_IN(HOST, absolute, of_proc) {
  static const char* const paths[] = {"/proc/self/root/etc/passwd",
                                      "/proc/self/cwd",
                                      "/proc/self/fd/0",
                                      "/proc/self/exe",
                                      "/proc/1/root",
                                      "/proc/thread-self/root",
                                      "/dev/fd/3/../secret",
                                      "/proc/self/environ"};
  for (unsigned i = 0; i < sizeof paths / sizeof *paths; ++i) {
    EXPECT_TRUE(all_refuse(root, paths[i]));
  }
}

FAILS_IN(HOST, dots, in_every_position) {
  static const char* const paths[] = {"..",
                                      "../",
                                      "../.",
                                      "./..",
                                      "../..",
                                      "../secret",
                                      "./../secret",
                                      "..//secret",
                                      ".././secret",
                                      "../work",
                                      "../work/prepared",
                                      "../work/../secret",
                                      "prepared/../..",
                                      "prepared/../../secret",
                                      "prepared/../../work/prepared",
                                      "prepared/many/../../../secret",
                                      "prepared//many//..//..//..//secret",
                                      "prepared/./many/./.././.././../secret",
                                      "prepared/../prepared/../../secret",
                                      "../../../../../../../../../../../../../../etc/passwd"};
  for (unsigned i = 0; i < sizeof paths / sizeof *paths; ++i) {
    EXPECT_TRUE(all_refuse(root, paths[i]));
  }
}
FAILS_IN(HOST, dots, a_thousand_times) {
  static char path[3 * 1000 + 7];
  for (int i = 0; i < 1000; ++i) memcpy(path + 3 * i, "../", 3);
  strcpy(path + 3000, "secret");
  EXPECT_TRUE(all_refuse(root, path));
}
FAILS_IN(HOST, dots, from_a_directory_further_down) {
  /* What is above it was granted too, but this descriptor leads no further than itself. */
  EXPECT_TRUE(all_refuse(prepared, "../prepared/linked_one"));
  EXPECT_TRUE(all_refuse(work, "../prepared/linked_one"));
}

FAILS_IN(HOST, links, of_the_host_that_lead_out) {
  EXPECT_TRUE(all_refuse(prepared, "escape_directory/secret"));
  EXPECT_TRUE(all_refuse(prepared, "escape_directory/work/prepared/linked_one"));
  EXPECT_TRUE(all_refuse(prepared, "escape_directory/../secret"));
  EXPECT_TRUE(all_refuse(root, "prepared/escape_directory/secret"));
  EXPECT_TRUE(all_refuse(root, "prepared/many/../escape_directory/secret"));
}
FAILS_IN(HOST, links, of_its_own_that_lead_out) {
  make_symlink("../../secret", "direct");
  make_symlink("..", "up");
  make_symlink("up/..", "further_up");
  make_symlink("further_up", "around");
  EXPECT(NOTCAPABLE, wasi_path_open(work, LOOKUP_SYMLINK_FOLLOW, PATH("direct"), 0, RIGHT_FD_READ,
                                    0, 0, &opened));
  EXPECT_TRUE(all_refuse(work, "up/prepared"));
  EXPECT_TRUE(all_refuse(work, "further_up/secret"));
  EXPECT_TRUE(all_refuse(work, "around/secret"));
}
FAILS_IN(HOST, links, to_be_followed) {
  static const char* const names[] = {"escape_relative", "escape_absolute", "escape_directory",
                                      "escape_dangling"};
  const uint32_t follow = LOOKUP_SYMLINK_FOLLOW;
  for (unsigned i = 0; i < 4; ++i) {
    const char* name = names[i];
    EXPECT(NOTCAPABLE,
           wasi_path_open(prepared, follow, PATH(name), 0, RIGHT_FD_READ, 0, 0, &opened));
    EXPECT(NOTCAPABLE, wasi_path_open(prepared, follow, PATH(name), OFLAG_CREAT, RIGHT_FD_WRITE, 0,
                                      0, &opened));
    EXPECT(NOTCAPABLE, wasi_path_open(prepared, follow, PATH(name), OFLAG_TRUNC, 0, 0, 0, &opened));
    EXPECT(NOTCAPABLE, wasi_path_filestat_get(prepared, follow, PATH(name), &stat));
    EXPECT(NOTCAPABLE, wasi_path_filestat_set_times(prepared, follow, PATH(name), 1, 1, FST_MTIM));
  }
}
FAILS_IN(HOST, links, with_a_slash_behind) {
  EXPECT(NOTCAPABLE,
         wasi_path_open(prepared, 0, PATH("escape_directory/"), OFLAG_DIRECTORY, 0, 0, 0, &opened));
  EXPECT(NOTCAPABLE, wasi_path_open(prepared, 0, PATH("escape_directory/."), 0, 0, 0, 0, &opened));
  EXPECT(NOTCAPABLE, wasi_path_filestat_get(prepared, 0, PATH("escape_directory/"), &stat));
  EXPECT(NOTDIR, wasi_path_remove_directory(prepared, PATH("escape_directory/")));
}
FAILS_IN(HOST, links, linked_and_renamed_stay_what_they_are) {
  EXPECT(SUCCESS, wasi_path_link(prepared, 0, PATH("escape_relative"), work, PATH("one")));
  EXPECT(SUCCESS, wasi_path_rename(work, PATH("one"), root, PATH("moved_link")));
  /* From here, "../../secret" leads further out still. */
  EXPECT(NOTCAPABLE, wasi_path_open(root, LOOKUP_SYMLINK_FOLLOW, PATH("moved_link"), 0,
                                    RIGHT_FD_READ, 0, 0, &opened));
  EXPECT(SUCCESS, wasi_path_unlink_file(root, PATH("moved_link")));
}
FAILS_IN(HOST, links, replaced_by_a_file_and_not_written_through) {
  make_file("file", "mine");
  EXPECT(SUCCESS, wasi_path_link(prepared, 0, PATH("escape_relative"), work, PATH("link")));
  EXPECT(SUCCESS, wasi_path_rename(work, PATH("file"), work, PATH("link")));
  EXPECT_EQUAL(FILETYPE_REGULAR_FILE, stat_of("link").type);
}
FAILS_IN(HOST, links, dangling_and_created_through) {
  make_symlink("../../planted", "out");
  make_symlink("out", "twice");
  EXPECT(NOTCAPABLE, wasi_path_open(work, LOOKUP_SYMLINK_FOLLOW, PATH("out"), OFLAG_CREAT,
                                    RIGHT_FD_WRITE, 0, 0, &opened));
  EXPECT(NOTCAPABLE, wasi_path_open(work, LOOKUP_SYMLINK_FOLLOW, PATH("twice"), OFLAG_CREAT,
                                    RIGHT_FD_WRITE, 0, 0, &opened));
  EXPECT(EXIST, wasi_path_open(work, LOOKUP_SYMLINK_FOLLOW, PATH("out"), OFLAG_CREAT | OFLAG_EXCL,
                               RIGHT_FD_WRITE, 0, 0, &opened));
  EXPECT(EXIST, wasi_path_create_directory(work, PATH("out")));
  EXPECT(EXIST, wasi_path_symlink(PATH("x"), work, PATH("out")));
}

FAILS_IN(HOST, nuls, hide_nothing) {
  const uint32_t follow = LOOKUP_SYMLINK_FOLLOW;
  EXPECT(INVAL,
         wasi_path_open(root, follow, BYTES("prepared\0/../../secret"), 0, 0, 0, 0, &opened));
  EXPECT(INVAL, wasi_path_open(prepared, follow, BYTES("escape_relative\0"), 0, 0, 0, 0, &opened));
  EXPECT(INVAL, wasi_path_filestat_get(prepared, follow, BYTES("linked_one\0x"), &stat));
  EXPECT(INVAL, wasi_path_symlink(BYTES("linked_one\0/../../../secret"), work, PATH("link")));
  EXPECT_TRUE(!exists("link"));
}

FAILS_IN(HOST, the_root, cannot_be_removed_or_moved) {
  EXPECT(INVAL, wasi_path_remove_directory(root, PATH(".")));
  EXPECT(INVAL, wasi_path_remove_directory(root, PATH("./")));
  EXPECT(NOTCAPABLE, wasi_path_remove_directory(root, PATH("../work")));
  EXPECT(NOTEMPTY, wasi_path_remove_directory(root, PATH("prepared/..")));
  EXPECT_EITHER(ISDIR, PERM, wasi_path_unlink_file(root, PATH(".")));
  EXPECT(NOTCAPABLE, wasi_path_unlink_file(root, PATH("../work")));
  EXPECT(NOTCAPABLE, wasi_path_rename(root, PATH("../work"), root, PATH("moved")));
  EXPECT(NOTCAPABLE, wasi_path_rename(root, PATH("prepared"), root, PATH("../moved")));
  EXPECT_EITHER(BUSY, INVAL, wasi_path_rename(root, PATH("."), root, PATH("moved")));
  EXPECT_EITHER(BUSY, INVAL, wasi_path_rename(root, PATH("prepared"), root, PATH(".")));
  EXPECT(SUCCESS, wasi_path_filestat_get(root, 0, PATH("prepared"), &stat));
}

FAILS_IN(HOST, granted_directories, not_to_be_written_are_not_changed_by_way_of_another) {
  make_file("file", "mine");
  EXPECT(NOTCAPABLE, wasi_path_rename(work, PATH("file"), read_only, PATH("file")));
  EXPECT(NOTCAPABLE, wasi_path_rename(read_only, PATH("file"), work, PATH("moved")));
  EXPECT(NOTCAPABLE, wasi_path_link(work, 0, PATH("file"), read_only, PATH("linked")));
  /* Linked where it may be written, it could be written. */
  EXPECT(NOTCAPABLE, wasi_path_link(read_only, 0, PATH("file"), work, PATH("linked")));
  EXPECT(NOTCAPABLE,
         wasi_path_open(work, 0, PATH("../../ro/file"), 0, RIGHT_FD_WRITE, 0, 0, &opened));
}
FAILS_IN(HOST, granted_directories, not_to_be_written_cannot_be_opened_again_with_more) {
  EXPECT(SUCCESS, wasi_path_open(read_only, 0, PATH("directory"), 0, DIRECTORY_RIGHTS, RIGHTS_ALL,
                                 0, &opened));
  EXPECT(NOTCAPABLE, wasi_path_create_directory(opened, PATH("new")));
  EXPECT(NOTCAPABLE,
         wasi_path_open(opened, 0, PATH("new"), OFLAG_CREAT, RIGHT_FD_READ, 0, 0, &opened));
  EXPECT(SUCCESS, wasi_path_open(read_only, 0, PATH("file"), 0, RIGHT_FD_READ | RIGHT_FD_SEEK, 0, 0,
                                 &opened));
  EXPECT(NOTCAPABLE, write_text(opened, "x", &size));
  EXPECT(NOTCAPABLE, wasi_fd_filestat_set_size(opened, 0));
  EXPECT(NOTCAPABLE, wasi_fd_filestat_set_times(opened, 1, 1, FST_MTIM));
  EXPECT(NOTCAPABLE, wasi_fd_allocate(opened, 0, 100));
}

FAILS_IN(HOST, numbers, of_a_granted_directory_taken_over_by_a_file) {
  make_file("file", "content");
  EXPECT(SUCCESS, wasi_fd_renumber(open_file("file"), read_only));
  EXPECT(NOTDIR, wasi_path_open(read_only, 0, PATH(".."), 0, RIGHT_FD_READ, 0, 0, &opened));
  EXPECT(NOTDIR, wasi_path_filestat_get(read_only, 0, PATH("."), &stat));
  EXPECT(NOTDIR, wasi_fd_readdir(read_only, bytes, sizeof bytes, 0, &size));
  EXPECT(BADF, wasi_fd_prestat_get(read_only, bytes));
  EXPECT(BADF, wasi_fd_prestat_dir_name(read_only, bytes, sizeof bytes));
}
FAILS_IN(HOST, numbers, of_a_closed_granted_directory_open_nothing_else) {
  EXPECT(SUCCESS, wasi_fd_close(prepared));
  EXPECT(SUCCESS, wasi_fd_close(root));
  EXPECT(BADF, wasi_path_open(root, 0, PATH("."), 0, RIGHT_FD_READ, 0, 0, &opened));
  EXPECT(BADF, wasi_fd_prestat_get(root, bytes));
  EXPECT(BADF, wasi_fd_renumber(root, work));
  /* A directory that gets its number leads no further than it did. */
  EXPECT(SUCCESS, wasi_path_create_directory(work, PATH("sub")));
  opened = open_directory("sub");
  EXPECT_EQUAL(root, opened);
  EXPECT_TRUE(all_refuse(opened, "../own"));
  EXPECT(BADF, wasi_fd_prestat_get(opened, bytes));
}
FAILS_IN(HOST, long_paths, reach_nothing) {
  static char path[8192];
  for (uint32_t i = 0; i + 2 < sizeof path; i += 2) memcpy(path + i, "./", 2);
  EXPECT(NAMETOOLONG, wasi_path_open(root, 0, path, 4096, 0, 0, 0, 0, &opened));
  EXPECT(NAMETOOLONG, wasi_path_open(root, 0, path, 8000, 0, 0, 0, 0, &opened));
  memcpy(path + 4080, "../../secret", 12);
  EXPECT(NOTCAPABLE, wasi_path_open(root, 0, path, 4092, 0, 0, 0, 0, &opened));
  memset(path, 'x', 256);
  memcpy(path + 256, "/../../secret", 13);
  EXPECT(NAMETOOLONG, wasi_path_open(root, 0, path, 269, 0, 0, 0, 0, &opened));
}
FAILS_IN(HOST, descriptors, of_10000_files_are_refused_and_released) {
  make_file("file", "content");
  static uint32_t all[10000];
  uint32_t before = 0;
  for (int round = 0; round < 3; ++round) {
    uint32_t count = 0, error = ERRNO_SUCCESS;
    for (; count < 10000; ++count) {
      error = wasi_path_open(work, 0, PATH("file"), 0, RIGHT_FD_READ, 0, 0, &all[count]);
      if (error != ERRNO_SUCCESS) break;
    }
    for (uint32_t i = 0; i < count; ++i) EXPECT(SUCCESS, wasi_fd_close(all[i]));
    EXPECT(MFILE, error);
    EXPECT_TRUE(round == 0 || count == before);
    before = count;
  }
}

/* Together with the host: says "now WHAT", and goes on when a line comes in. */
static void let_the_host(const char* what) {
  printf("now %s\n", what);
  fflush(stdout);
  do {
    if (read_some(0, bytes, 1, &size) != ERRNO_SUCCESS || size == 0) return;
  } while (bytes[0] != '\n');
}
FAILS_IN(SILENT, moved_out, leads_no_further_than_itself) {
  EXPECT(SUCCESS, wasi_path_create_directory(root, PATH("wanderer")));
  EXPECT(SUCCESS,
         wasi_path_open(root, 0, PATH("wanderer"), 0, DIRECTORY_RIGHTS, RIGHTS_ALL, 0, &opened));
  const uint32_t wanderer = opened;
  let_the_host("move wanderer out");
  EXPECT(NOENT, wasi_path_filestat_get(root, 0, PATH("wanderer"), &stat));
  EXPECT(SUCCESS, wasi_fd_readdir(wanderer, bytes, sizeof bytes, 0, &size));
  EXPECT_TRUE(all_refuse(wanderer, ".."));
  EXPECT_TRUE(all_refuse(wanderer, "../secret"));
}
FAILS_IN(SILENT, descriptors, are_released_by_the_host_too) {
  make_file("file", "content");
  let_the_host("count descriptors");
  uint32_t first = NOT_A_DESCRIPTOR;
  EXPECT(SUCCESS, wasi_path_open(work, 0, PATH("file"), 0, RIGHT_FD_READ, 0, 0, &first));
  do {
    opened = first;
  } while (wasi_path_open(work, 0, PATH("file"), 0, RIGHT_FD_READ, 0, 0, &opened) == ERRNO_SUCCESS);
  let_the_host("count descriptors, many");
  for (uint32_t fd = first; fd < 20000; ++fd) wasi_fd_close(fd);
  let_the_host("count descriptors again");
}
