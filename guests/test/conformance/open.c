/* path_open: what it opens, and with what rights and flags. Paths that lead elsewhere:
 * open_paths.c. */

#include "conformance.h"

#include <stdio.h>

static uint32_t opened;
static uint32_t size;
static char bytes[16];

static uint32_t open_it(const char* path, uint32_t oflags, uint64_t rights) {
  opened = NOT_A_DESCRIPTOR;
  return wasi_path_open(work, 0, PATH(path), oflags, rights, RIGHTS_ALL, 0, &opened);
}

SUCCEEDS(path_open, to_read) {
  make_file("file", "content");
  EXPECT(SUCCESS, open_it("file", 0, RIGHT_FD_READ));
  EXPECT(SUCCESS, read_some(opened, bytes, sizeof bytes, &size));
  EXPECT_TEXT("content", bytes, size);
}
SUCCEEDS(path_open, to_write) {
  make_file("file", "content");
  EXPECT(SUCCESS, open_it("file", 0, RIGHT_FD_WRITE));
  EXPECT(SUCCESS, write_text(opened, "C", &size));
  EXPECT_FILE("Content", "file");
}
SUCCEEDS(path_open, to_read_and_write) {
  make_file("file", "content");
  EXPECT(SUCCESS, open_it("file", 0, RIGHT_FD_READ | RIGHT_FD_WRITE));
  EXPECT(SUCCESS, write_text(opened, "C", &size));
  EXPECT(SUCCESS, read_some(opened, bytes, sizeof bytes, &size));
  EXPECT_TEXT("ontent", bytes, size);
}
SUCCEEDS(path_open, without_any_right) {
  make_file("file", "content");
  EXPECT(SUCCESS, open_it("file", 0, 0));
  EXPECT(NOTCAPABLE, read_some(opened, bytes, 1, &size));
}
SUCCEEDS(path_open, gives_each_its_own_descriptor_and_position) {
  make_file("file", "content");
  const uint32_t one = open_file("file"), other = open_file("file");
  EXPECT_TRUE(one != other);
  EXPECT(SUCCESS, read_some(one, bytes, 3, &size));
  EXPECT(SUCCESS, read_some(other, bytes, sizeof bytes, &size));
  EXPECT_TEXT("content", bytes, size);
}
SUCCEEDS(path_open, never_gives_the_number_of_a_closed_standard_stream) {
  make_file("file", "");
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(open_file("file") > 2);
}
SUCCEEDS(path_open, creates_a_file) {
  EXPECT(SUCCESS, open_it("new", OFLAG_CREAT, RIGHT_FD_WRITE));
  EXPECT(SUCCESS, write_text(opened, "new content", &size));
  EXPECT_FILE("new content", "new");
}
SUCCEEDS(path_open, creates_nothing_where_something_is) {
  make_file("file", "content");
  EXPECT(SUCCESS, open_it("file", OFLAG_CREAT, RIGHT_FD_WRITE));
  EXPECT_FILE("content", "file");
}
SUCCEEDS(path_open, creates_exclusively) {
  EXPECT(SUCCESS, open_it("new", OFLAG_CREAT | OFLAG_EXCL, RIGHT_FD_WRITE));
  EXPECT_EQUAL(FILETYPE_REGULAR_FILE, stat_of("new").type);
}
SUCCEEDS(path_open, creates_a_file_opened_to_read_alone) {
  EXPECT(SUCCESS, open_it("new", OFLAG_CREAT, RIGHT_FD_READ));
  EXPECT(SUCCESS, read_some(opened, bytes, sizeof bytes, &size));
  EXPECT_EQUAL(0, size);
}
SUCCEEDS(path_open, truncates) {
  make_file("file", "content");
  EXPECT(SUCCESS, open_it("file", OFLAG_TRUNC, RIGHT_FD_WRITE));
  EXPECT_EQUAL(0, stat_of("file").size);
}
SUCCEEDS(path_open, to_append) {
  make_file("file", "content");
  EXPECT(SUCCESS,
         wasi_path_open(work, 0, PATH("file"), 0, RIGHT_FD_WRITE, 0, FDFLAG_APPEND, &opened));
  EXPECT(SUCCESS, write_text(opened, " more", &size));
  EXPECT_FILE("content more", "file");
}
SUCCEEDS(path_open, with_the_flags_that_synchronise) {
  const uint32_t flags = FDFLAG_DSYNC | FDFLAG_SYNC | FDFLAG_RSYNC;
  make_file("file", "");
  EXPECT(SUCCESS, wasi_path_open(work, 0, PATH("file"), 0, RIGHT_FD_WRITE, 0, flags, &opened));
  EXPECT_EQUAL(flags, fdstat_of(opened).flags);
  EXPECT(SUCCESS, write_text(opened, "x", &size));
}
SUCCEEDS(path_open, not_to_block) {
  make_file("file", "content");
  EXPECT(SUCCESS,
         wasi_path_open(work, 0, PATH("file"), 0, RIGHT_FD_READ, 0, FDFLAG_NONBLOCK, &opened));
  EXPECT(SUCCESS, read_some(opened, bytes, sizeof bytes, &size));
  EXPECT_TEXT("content", bytes, size);
}
SUCCEEDS(path_open, of_a_directory) {
  make_directory("directory");
  EXPECT(SUCCESS, open_it("directory", OFLAG_DIRECTORY, DIRECTORY_RIGHTS));
  EXPECT(SUCCESS, wasi_path_create_directory(opened, PATH("sub")));
  EXPECT_TRUE(exists("directory/sub"));
}
SUCCEEDS(path_open, of_a_directory_without_saying_that_it_is_one) {
  make_directory("directory");
  EXPECT(SUCCESS, open_it("directory", 0, RIGHT_FD_READDIR));
  EXPECT_EQUAL(FILETYPE_DIRECTORY, fdstat_of(opened).type);
}
SUCCEEDS(path_open, takes_rights_away_that_the_directory_does_not_pass_on) {
  make_file("file", "");
  const uint32_t fd = open_path(work, ".", OFLAG_DIRECTORY, RIGHT_PATH_OPEN, RIGHT_FD_READ, 0);
  EXPECT(SUCCESS, wasi_path_open(fd, 0, PATH("file"), 0, RIGHT_FD_READ | RIGHT_FD_FILESTAT_GET, 0,
                                 0, &opened));
  EXPECT_EQUAL(RIGHT_FD_READ, fdstat_of(opened).rights);
}
SUCCEEDS_IN(HOST, path_open, to_read_where_write_was_not_granted) {
  EXPECT(SUCCESS, wasi_path_open(read_only, 0, PATH("file"), 0, RIGHT_FD_READ, 0, 0, &opened));
  EXPECT(SUCCESS, read_some(opened, bytes, sizeof bytes, &size));
  EXPECT_TEXT("read only", bytes, size);
}
SUCCEEDS(path_open, of_a_granted_directory_with_the_rights_that_it_has) {
  const struct Fdstat granted = fdstat_of(root);
  EXPECT(SUCCESS,
         wasi_path_open(root, 0, PATH("."), 0, granted.rights, granted.inheriting, 0, &opened));
  EXPECT_EQUAL(granted.rights, fdstat_of(opened).rights);
  EXPECT_EQUAL(granted.inheriting, fdstat_of(opened).inheriting);
}
SUCCEEDS(path_open, of_a_directory_to_read) {
  EXPECT(SUCCESS, open_it(".", OFLAG_DIRECTORY, RIGHT_FD_READ));
  EXPECT(SUCCESS, open_it(".", OFLAG_DIRECTORY, 0));
}
SUCCEEDS(path_open, truncates_without_asking_for_any_right) {
  make_file("file", "content");
  EXPECT(SUCCESS, open_it("file", OFLAG_TRUNC, 0));
  EXPECT_EQUAL(0, stat_of("file").size);
}
FAILS(path_open, of_a_name_that_does_not_exist) {
  EXPECT(NOENT, open_it("none", 0, RIGHT_FD_READ));
  EXPECT(NOENT, open_it("none/", 0, RIGHT_FD_READ));
  EXPECT(NOENT, open_it("none/x", OFLAG_CREAT, RIGHT_FD_WRITE));
  EXPECT_EQUAL(NOT_A_DESCRIPTOR, opened);
}
FAILS(path_open, exclusively_where_something_is) {
  make_file("file", "content");
  make_directory("directory");
  make_symlink("none", "link");
  EXPECT(EXIST, open_it("file", OFLAG_CREAT | OFLAG_EXCL, RIGHT_FD_WRITE));
  EXPECT(EXIST, open_it("directory", OFLAG_CREAT | OFLAG_EXCL, RIGHT_FD_READ));
  EXPECT(EXIST, open_it("link", OFLAG_CREAT | OFLAG_EXCL, RIGHT_FD_WRITE));
  EXPECT_TRUE(!exists("none"));
}
FAILS(path_open, of_a_file_as_a_directory) {
  make_file("file", "");
  EXPECT(NOTDIR, open_it("file", OFLAG_DIRECTORY, RIGHT_FD_READDIR));
}
FAILS(path_open, to_create_a_directory) {
  EXPECT(INVAL, open_it("new", OFLAG_CREAT | OFLAG_DIRECTORY, RIGHT_FD_READDIR));
  EXPECT_TRUE(!exists("new"));
}
FAILS(path_open, of_a_directory_to_write) {
  make_directory("directory");
  EXPECT(ISDIR, open_it("directory", 0, RIGHT_FD_READ | RIGHT_FD_WRITE));
  EXPECT(ISDIR, open_it("directory", OFLAG_DIRECTORY, RIGHT_FD_READ | RIGHT_FD_WRITE));
}
FAILS(path_open, of_a_directory_to_truncate) {
  make_directory("directory");
  EXPECT(ISDIR, open_it("directory", OFLAG_TRUNC, RIGHT_FD_WRITE));
}
FAILS(path_open, to_create_without_the_right) {
  const uint32_t fd = open_directory_without(".", RIGHT_PATH_CREATE_FILE);
  EXPECT(NOTCAPABLE,
         wasi_path_open(fd, 0, PATH("new"), OFLAG_CREAT, RIGHT_FD_WRITE, 0, 0, &opened));
  EXPECT_TRUE(!exists("new"));
}
FAILS(path_open, to_truncate_without_the_right) {
  make_file("file", "content");
  const uint32_t fd = open_directory_without(".", RIGHT_PATH_FILESTAT_SET_SIZE);
  EXPECT(NOTCAPABLE,
         wasi_path_open(fd, 0, PATH("file"), OFLAG_TRUNC, RIGHT_FD_WRITE, 0, 0, &opened));
  EXPECT_FILE("content", "file");
}
FAILS(path_open, without_the_right_to_open) {
  make_file("file", "");
  const uint32_t fd = open_directory_without(".", RIGHT_PATH_OPEN);
  EXPECT(NOTCAPABLE, wasi_path_open(fd, 0, PATH("file"), 0, RIGHT_FD_READ, 0, 0, &opened));
}
FAILS(path_open, to_write_where_the_directory_does_not_pass_that_on) {
  make_file("file", "");
  const uint32_t fd = open_directory_without(".", RIGHT_FD_WRITE);
  EXPECT(NOTCAPABLE, wasi_path_open(fd, 0, PATH("file"), 0, RIGHT_FD_WRITE, 0, 0, &opened));
}
FAILS_IN(HOST, path_open, to_change_what_was_granted_without_write) {
  const uint64_t read = RIGHT_FD_READ, write = RIGHT_FD_WRITE;
  EXPECT(NOTCAPABLE, wasi_path_open(read_only, 0, PATH("file"), 0, write, 0, 0, &opened));
  EXPECT(NOTCAPABLE, wasi_path_open(read_only, 0, PATH("file"), OFLAG_TRUNC, read, 0, 0, &opened));
  EXPECT(NOTCAPABLE, wasi_path_open(read_only, 0, PATH("new"), OFLAG_CREAT, read, 0, 0, &opened));
}
FAILS(path_open, with_flags_that_there_are_not) {
  make_file("file", "content");
  const uint64_t read = RIGHT_FD_READ;
  EXPECT(INVAL, wasi_path_open(work, 0, PATH("file"), 0, read, 0, 1 << 5, &opened));
  EXPECT(INVAL, wasi_path_open(work, 0, PATH("file"), 0, read, 0, 1u << 16, &opened));
  EXPECT(INVAL, wasi_path_open(work, 0, PATH("file"), 1 << 4, read, 0, 0, &opened));
  EXPECT(INVAL, wasi_path_open(work, 0, PATH("file"), 1u << 16, read, 0, 0, &opened));
}
FAILS(path_open, in_what_was_never_opened) {
  EXPECT(BADF, wasi_path_open(NEVER_OPENED, 0, PATH("file"), 0, RIGHT_FD_READ, 0, 0, &opened));
}
FAILS(path_open, in_a_file) {
  make_file("file", "");
  EXPECT(NOTDIR, wasi_path_open(open_file("file"), 0, PATH("."), 0, RIGHT_FD_READ, 0, 0, &opened));
}
FAILS_IN(HOST, path_open, in_standard_input) {
  EXPECT(NOTDIR, wasi_path_open(0, 0, PATH("file"), 0, RIGHT_FD_READ, 0, 0, &opened));
}
FAILS_IN(HOST, path_open, of_what_is_neither_file_nor_directory) {
  const uint64_t read = RIGHT_FD_READ, write = RIGHT_FD_WRITE;
  EXPECT(ACCES, wasi_path_open(prepared, 0, PATH("fifo"), 0, read, 0, 0, &opened));
  EXPECT_EITHER(ACCES, NXIO, wasi_path_open(prepared, 0, PATH("fifo"), 0, write, 0, 0, &opened));
  EXPECT_EITHER(ACCES, NXIO, wasi_path_open(prepared, 0, PATH("socket"), 0, read, 0, 0, &opened));
}
FAILS(path_open, of_a_path_outside_memory) {
  EXPECT(FAULT, wasi_path_open(work, 0, NOWHERE, 4, 0, RIGHT_FD_READ, 0, 0, &opened));
  EXPECT(FAULT, wasi_path_open(work, 0, before_end(3), 4, 0, RIGHT_FD_READ, 0, 0, &opened));
}
FAILS(path_open, with_the_result_outside_memory) {
  EXPECT(FAULT,
         wasi_path_open(work, 0, PATH("new"), OFLAG_CREAT, RIGHT_FD_WRITE, 0, 0, before_end(3)));
  EXPECT_TRUE(!exists("new"));
}
FAILS(path_open, of_more_files_than_may_be_open) {
  make_file("file", "");
  static uint32_t all[20000];
  uint32_t count = 0;
  while (count < 20000 && open_it("file", 0, RIGHT_FD_READ) == ERRNO_SUCCESS) all[count++] = opened;
  const uint32_t error = open_it("file", 0, RIGHT_FD_READ);
  for (uint32_t i = 0; i < count; ++i) EXPECT(SUCCESS, wasi_fd_close(all[i]));
  EXPECT(MFILE, error);
  EXPECT_TRUE(count >= 200);
  EXPECT(SUCCESS, open_it("file", 0, RIGHT_FD_READ));
}
