/* fd_close, fd_renumber, fd_fdstat_get, fd_fdstat_set_flags, fd_fdstat_set_rights. */

#include "conformance.h"

SUCCEEDS(fd_close, of_a_file) {
  make_file("file", "");
  const uint32_t fd = open_file("file");
  struct Fdstat stat;
  EXPECT(SUCCESS, wasi_fd_close(fd));
  EXPECT(BADF, wasi_fd_fdstat_get(fd, &stat));
}
SUCCEEDS(fd_close, of_a_directory) {
  const uint32_t fd = open_directory(".");
  EXPECT(SUCCESS, wasi_fd_close(fd));
  EXPECT(BADF, wasi_path_create_directory(fd, PATH("new")));
}
SUCCEEDS_IN(HOST, fd_close, of_standard_input) {
  char byte;
  uint32_t size;
  EXPECT(SUCCESS, wasi_fd_close(0));
  EXPECT(BADF, read_some(0, &byte, 1, &size));
}
SUCCEEDS_IN(HOST, fd_close, of_a_granted_directory) {
  struct Prestat prestat;
  EXPECT(SUCCESS, wasi_fd_close(read_only));
  EXPECT(BADF, wasi_fd_prestat_get(read_only, &prestat));
  EXPECT(BADF, wasi_path_filestat_get(read_only, 0, PATH("."), &prestat));
}
SUCCEEDS(fd_close, leaves_room_for_another) {
  make_file("file", "");
  for (int i = 0; i < 2000; ++i) EXPECT(SUCCESS, wasi_fd_close(open_file("file")));
}
SUCCEEDS(fd_close, keeps_a_file_that_was_unlinked_until_then) {
  make_file("file", "content");
  const uint32_t fd = open_file("file");
  char byte = 0;
  uint32_t size = 0;
  EXPECT(SUCCESS, wasi_path_unlink_file(work, PATH("file")));
  EXPECT(SUCCESS, read_some(fd, &byte, 1, &size));
  EXPECT_EQUAL('c', byte);
  EXPECT(SUCCESS, wasi_fd_close(fd));
}
FAILS(fd_close, of_what_was_never_opened) {
  EXPECT(BADF, wasi_fd_close(NEVER_OPENED));
}
FAILS(fd_close, of_no_descriptor) {
  EXPECT(BADF, wasi_fd_close(NOT_A_DESCRIPTOR));
}
FAILS(fd_close, of_a_negative_number) {
  EXPECT(BADF, wasi_fd_close(0x80000000u));
}
FAILS(fd_close, twice) {
  const uint32_t fd = open_directory(".");
  EXPECT(SUCCESS, wasi_fd_close(fd));
  EXPECT(BADF, wasi_fd_close(fd));
}

SUCCEEDS(fd_renumber, moves_a_descriptor_and_frees_its_number) {
  make_file("one", "one");
  make_file("other", "other");
  const uint32_t from = open_file("one"), to = open_file("other");
  char bytes[8];
  uint32_t size = 0;
  EXPECT(SUCCESS, wasi_fd_renumber(from, to));
  EXPECT(SUCCESS, read_some(to, bytes, sizeof bytes, &size));
  EXPECT_TEXT("one", bytes, size);
  EXPECT(BADF, wasi_fd_close(from));
}
SUCCEEDS(fd_renumber, keeps_the_position_and_the_rights) {
  make_file("one", "content");
  make_file("other", "");
  const uint32_t from = open_with("one", RIGHT_FD_READ | RIGHT_FD_TELL), to = open_file("other");
  char bytes[3];
  uint32_t size = 0;
  EXPECT(SUCCESS, read_some(from, bytes, sizeof bytes, &size));
  EXPECT(SUCCESS, wasi_fd_renumber(from, to));
  EXPECT_EQUAL(3, position_of(to));
  EXPECT_EQUAL(RIGHT_FD_READ | RIGHT_FD_TELL, fdstat_of(to).rights);
  EXPECT(NOTCAPABLE, write_text(to, "x", &size));
}
SUCCEEDS(fd_renumber, closes_the_target) {
  make_file("one", "one");
  const uint32_t from = open_file("one"), to = open_directory(".");
  EXPECT(SUCCESS, wasi_fd_renumber(from, to));
  EXPECT_EQUAL(FILETYPE_REGULAR_FILE, fdstat_of(to).type);
}
SUCCEEDS(fd_renumber, onto_itself_does_nothing) {
  make_file("file", "content");
  const uint32_t fd = open_file("file");
  EXPECT(SUCCESS, wasi_fd_renumber(fd, fd));
  EXPECT_EQUAL(7, stat_of_fd(fd).size);
}
SUCCEEDS_IN(HOST, fd_renumber, of_a_file_over_standard_input) {
  make_file("file", "content");
  char bytes[8];
  uint32_t size = 0;
  EXPECT(SUCCESS, wasi_fd_renumber(open_file("file"), 0));
  EXPECT(SUCCESS, read_some(0, bytes, sizeof bytes, &size));
  EXPECT_TEXT("content", bytes, size);
}
SUCCEEDS_IN(HOST, fd_renumber, of_a_directory_over_a_granted_one) {
  make_file("file", "");
  struct Prestat prestat;
  struct Filestat stat;
  EXPECT(SUCCESS, wasi_fd_renumber(open_directory("."), read_only));
  EXPECT(SUCCESS, wasi_path_filestat_get(read_only, 0, PATH("file"), &stat));
  EXPECT(BADF, wasi_fd_prestat_get(read_only, &prestat));
}
FAILS(fd_renumber, of_what_was_never_opened) {
  const uint32_t fd = open_directory(".");
  EXPECT(BADF, wasi_fd_renumber(NEVER_OPENED, fd));
  EXPECT_EQUAL(FILETYPE_DIRECTORY, fdstat_of(fd).type);
}
FAILS(fd_renumber, onto_what_was_never_opened) {
  const uint32_t fd = open_directory(".");
  EXPECT(BADF, wasi_fd_renumber(fd, NEVER_OPENED));
  EXPECT_EQUAL(FILETYPE_DIRECTORY, fdstat_of(fd).type);
}
FAILS(fd_renumber, onto_no_descriptor) {
  EXPECT(BADF, wasi_fd_renumber(open_directory("."), NOT_A_DESCRIPTOR));
}
FAILS(fd_renumber, onto_itself_when_it_was_never_opened) {
  EXPECT(BADF, wasi_fd_renumber(NEVER_OPENED, NEVER_OPENED));
}

SUCCEEDS(fd_fdstat_get, of_a_file) {
  make_file("file", "");
  EXPECT_EQUAL(FILETYPE_REGULAR_FILE, fdstat_of(open_file("file")).type);
}
SUCCEEDS(fd_fdstat_get, of_a_directory) {
  EXPECT_EQUAL(FILETYPE_DIRECTORY, fdstat_of(work).type);
}
SUCCEEDS(fd_fdstat_get, shows_the_rights_that_were_asked_for) {
  make_file("file", "");
  EXPECT_EQUAL(RIGHT_FD_READ | RIGHT_FD_SEEK,
               fdstat_of(open_with("file", RIGHT_FD_READ | RIGHT_FD_SEEK)).rights);
  EXPECT_EQUAL(0, fdstat_of(open_with("file", 0)).rights);
}
SUCCEEDS(fd_fdstat_get, shows_the_rights_that_are_passed_on) {
  const uint32_t fd =
      open_path(work, ".", OFLAG_DIRECTORY, RIGHT_PATH_OPEN, RIGHT_FD_READ | RIGHT_FD_WRITE, 0);
  EXPECT_EQUAL(RIGHT_PATH_OPEN, fdstat_of(fd).rights);
  EXPECT_EQUAL(RIGHT_FD_READ | RIGHT_FD_WRITE, fdstat_of(fd).inheriting);
}
SUCCEEDS(fd_fdstat_get, shows_no_right_of_a_directory_on_a_file) {
  make_file("file", "");
  EXPECT_EQUAL(0, fdstat_of(open_file("file")).rights & (RIGHT_PATH_OPEN | RIGHT_FD_READDIR));
}
SUCCEEDS(fd_fdstat_get, shows_append) {
  make_file("file", "");
  const uint32_t fd = open_path(work, "file", 0, RIGHT_FD_WRITE, 0, FDFLAG_APPEND);
  EXPECT_EQUAL(FDFLAG_APPEND, fdstat_of(fd).flags);
}
SUCCEEDS(fd_fdstat_get, shows_nothing_of_the_flags_of_the_host) {
  make_file("file", "");
  EXPECT_EQUAL(0, fdstat_of(open_file("file")).flags);
  EXPECT_EQUAL(0, fdstat_of(open_directory(".")).flags);
}
SUCCEEDS_IN(HOST, fd_fdstat_get, of_standard_streams_lets_read_or_write_and_never_seek) {
  EXPECT_TRUE(fdstat_of(0).rights & RIGHT_FD_READ);
  EXPECT_TRUE(fdstat_of(1).rights & RIGHT_FD_WRITE);
  EXPECT_TRUE(fdstat_of(2).rights & RIGHT_FD_WRITE);
  for (uint32_t fd = 0; fd < 3; ++fd) {
    EXPECT_EQUAL(0, fdstat_of(fd).rights & (RIGHT_FD_SEEK | RIGHT_FD_TELL));
    EXPECT_TRUE(fdstat_of(fd).type != FILETYPE_DIRECTORY);
  }
}
SUCCEEDS_IN(HOST, fd_fdstat_get, of_a_directory_granted_without_write_has_no_right_to_change_it) {
  const uint64_t changing =
      RIGHT_FD_WRITE | RIGHT_FD_ALLOCATE | RIGHT_PATH_CREATE_DIRECTORY | RIGHT_PATH_CREATE_FILE |
      RIGHT_PATH_LINK_SOURCE | RIGHT_PATH_LINK_TARGET | RIGHT_PATH_RENAME_SOURCE |
      RIGHT_PATH_RENAME_TARGET | RIGHT_PATH_FILESTAT_SET_SIZE | RIGHT_PATH_FILESTAT_SET_TIMES |
      RIGHT_FD_FILESTAT_SET_SIZE | RIGHT_FD_FILESTAT_SET_TIMES | RIGHT_PATH_SYMLINK |
      RIGHT_PATH_REMOVE_DIRECTORY | RIGHT_PATH_UNLINK_FILE;
  const struct Fdstat stat = fdstat_of(read_only);
  EXPECT_EQUAL(0, stat.rights & changing);
  EXPECT_EQUAL(0, stat.inheriting & changing);
  EXPECT_TRUE(stat.rights & RIGHT_PATH_OPEN);
}
SUCCEEDS(fd_fdstat_get, of_a_granted_directory_has_all_that_libraries_look_for) {
  const uint64_t of_itself =
      RIGHT_PATH_CREATE_DIRECTORY | RIGHT_PATH_CREATE_FILE | RIGHT_PATH_LINK_SOURCE |
      RIGHT_PATH_LINK_TARGET | RIGHT_PATH_OPEN | RIGHT_FD_READDIR | RIGHT_PATH_READLINK |
      RIGHT_PATH_RENAME_SOURCE | RIGHT_PATH_RENAME_TARGET | RIGHT_PATH_SYMLINK |
      RIGHT_PATH_REMOVE_DIRECTORY | RIGHT_PATH_UNLINK_FILE | RIGHT_PATH_FILESTAT_GET |
      RIGHT_PATH_FILESTAT_SET_TIMES | RIGHT_FD_FILESTAT_GET | RIGHT_FD_FILESTAT_SET_TIMES;
  const uint64_t of_files = RIGHT_FD_DATASYNC | RIGHT_FD_READ | RIGHT_FD_SEEK |
                            RIGHT_FD_FDSTAT_SET_FLAGS | RIGHT_FD_SYNC | RIGHT_FD_TELL |
                            RIGHT_FD_WRITE | RIGHT_FD_ADVISE | RIGHT_FD_ALLOCATE |
                            RIGHT_FD_FILESTAT_SET_SIZE | RIGHT_POLL_FD_READWRITE;
  const struct Fdstat stat = fdstat_of(root);
  EXPECT_EQUAL(of_itself, stat.rights & of_itself);
  EXPECT_EQUAL(of_itself | of_files, stat.inheriting & (of_itself | of_files));
  EXPECT_EQUAL(0, stat.rights & (RIGHT_FD_FILESTAT_SET_SIZE | RIGHT_FD_WRITE | RIGHT_FD_SEEK));
  EXPECT_EQUAL(0, stat.flags);
}
SUCCEEDS(fd_fdstat_get, writes_24_bytes) {
  unsigned char bytes[25];
  memset(bytes, 0xa5, sizeof bytes);
  EXPECT(SUCCESS, wasi_fd_fdstat_get(work, bytes));
  EXPECT_EQUAL(0xa5, bytes[24]);
}
FAILS(fd_fdstat_get, of_what_was_never_opened) {
  struct Fdstat stat;
  EXPECT(BADF, wasi_fd_fdstat_get(NEVER_OPENED, &stat));
}
FAILS(fd_fdstat_get, across_the_end_of_memory) {
  EXPECT(FAULT, wasi_fd_fdstat_get(work, before_end(23)));
}
FAILS(fd_fdstat_get, outside_memory) {
  EXPECT(FAULT, wasi_fd_fdstat_get(work, NOWHERE));
}

SUCCEEDS(fd_fdstat_set_flags, to_append) {
  make_file("file", "one");
  const uint32_t fd = open_file("file");
  uint32_t size;
  EXPECT(SUCCESS, wasi_fd_fdstat_set_flags(fd, FDFLAG_APPEND));
  EXPECT_EQUAL(FDFLAG_APPEND, fdstat_of(fd).flags);
  EXPECT(SUCCESS, write_text(fd, "two", &size));
  EXPECT_FILE("onetwo", "file");
}
SUCCEEDS(fd_fdstat_set_flags, to_append_no_more) {
  make_file("file", "one");
  const uint32_t fd = open_path(work, "file", 0, RIGHTS_ALL, 0, FDFLAG_APPEND);
  uint32_t size;
  EXPECT(SUCCESS, wasi_fd_fdstat_set_flags(fd, 0));
  EXPECT_EQUAL(0, fdstat_of(fd).flags);
  EXPECT(SUCCESS, write_text(fd, "T", &size));
  EXPECT_FILE("Tne", "file");
}
SUCCEEDS(fd_fdstat_set_flags, not_to_block) {
  make_file("file", "");
  const uint32_t fd = open_file("file");
  EXPECT(SUCCESS, wasi_fd_fdstat_set_flags(fd, FDFLAG_NONBLOCK));
  EXPECT_EQUAL(FDFLAG_NONBLOCK, fdstat_of(fd).flags);
}
SUCCEEDS_IN(SILENT, fd_fdstat_set_flags, of_standard_input_not_to_block) {
  char byte;
  uint32_t size;
  EXPECT(SUCCESS, wasi_fd_fdstat_set_flags(0, FDFLAG_NONBLOCK));
  EXPECT_EQUAL(FDFLAG_NONBLOCK, fdstat_of(0).flags);
  EXPECT(AGAIN, read_some(0, &byte, 1, &size));
}
FAILS(fd_fdstat_set_flags, that_there_are_not) {
  make_file("file", "");
  EXPECT(INVAL, wasi_fd_fdstat_set_flags(open_file("file"), 1 << 5));
}
FAILS(fd_fdstat_set_flags, beyond_16_bits) {
  make_file("file", "");
  EXPECT(INVAL, wasi_fd_fdstat_set_flags(open_file("file"), 1u << 16));
}
FAILS(fd_fdstat_set_flags, of_what_was_never_opened) {
  EXPECT(BADF, wasi_fd_fdstat_set_flags(NEVER_OPENED, 0));
}
FAILS(fd_fdstat_set_flags, without_the_right) {
  make_file("file", "one");
  const uint32_t fd = open_with("file", RIGHT_FD_WRITE);
  EXPECT(NOTCAPABLE, wasi_fd_fdstat_set_flags(fd, FDFLAG_APPEND));
  EXPECT_EQUAL(0, fdstat_of(fd).flags);
}

SUCCEEDS(fd_fdstat_set_rights, to_fewer) {
  make_file("file", "content");
  const uint32_t fd = open_file("file");
  uint32_t size;
  EXPECT(SUCCESS, wasi_fd_fdstat_set_rights(fd, RIGHT_FD_READ, 0));
  EXPECT_EQUAL(RIGHT_FD_READ, fdstat_of(fd).rights);
  EXPECT(NOTCAPABLE, write_text(fd, "x", &size));
}
SUCCEEDS(fd_fdstat_set_rights, to_the_same) {
  const struct Fdstat before = fdstat_of(work);
  EXPECT(SUCCESS, wasi_fd_fdstat_set_rights(work, before.rights, before.inheriting));
  EXPECT_EQUAL(before.rights, fdstat_of(work).rights);
  EXPECT_EQUAL(before.inheriting, fdstat_of(work).inheriting);
}
SUCCEEDS(fd_fdstat_set_rights, to_none) {
  make_file("file", "");
  const uint32_t fd = open_file("file");
  struct Filestat stat;
  EXPECT(SUCCESS, wasi_fd_fdstat_set_rights(fd, 0, 0));
  EXPECT(NOTCAPABLE, wasi_fd_filestat_get(fd, &stat));
  EXPECT(SUCCESS, wasi_fd_close(fd));
}
SUCCEEDS(fd_fdstat_set_rights, to_pass_on_fewer) {
  make_file("file", "");
  const uint32_t fd = open_directory(".");
  uint32_t opened;
  EXPECT(SUCCESS, wasi_fd_fdstat_set_rights(fd, RIGHT_PATH_OPEN, RIGHT_FD_READ));
  EXPECT(NOTCAPABLE, wasi_path_open(fd, 0, PATH("file"), 0, RIGHT_FD_WRITE, 0, 0, &opened));
  EXPECT(SUCCESS, wasi_path_open(fd, 0, PATH("file"), 0, RIGHT_FD_READ, 0, 0, &opened));
}
SUCCEEDS(fd_fdstat_set_rights, of_a_directory_not_to_be_listed) {
  const uint32_t fd = open_directory(".");
  char buffer[64];
  uint32_t used;
  EXPECT(SUCCESS,
         wasi_fd_fdstat_set_rights(
             fd, DIRECTORY_RIGHTS & ~(uint64_t)RIGHT_FD_READDIR & fdstat_of(fd).rights, 0));
  EXPECT(NOTCAPABLE, wasi_fd_readdir(fd, buffer, sizeof buffer, 0, &used));
}
FAILS(fd_fdstat_set_rights, to_more) {
  make_file("file", "");
  const uint32_t fd = open_with("file", RIGHT_FD_READ);
  EXPECT(NOTCAPABLE, wasi_fd_fdstat_set_rights(fd, RIGHT_FD_READ | RIGHT_FD_WRITE, 0));
  EXPECT_EQUAL(RIGHT_FD_READ, fdstat_of(fd).rights);
}
FAILS(fd_fdstat_set_rights, back_to_what_they_were) {
  make_file("file", "");
  const uint32_t fd = open_file("file");
  const uint64_t before = fdstat_of(fd).rights;
  EXPECT(SUCCESS, wasi_fd_fdstat_set_rights(fd, RIGHT_FD_READ, 0));
  EXPECT(NOTCAPABLE, wasi_fd_fdstat_set_rights(fd, before, 0));
  EXPECT_EQUAL(RIGHT_FD_READ, fdstat_of(fd).rights);
}
FAILS(fd_fdstat_set_rights, to_pass_on_more) {
  const uint32_t fd = open_path(work, ".", OFLAG_DIRECTORY, RIGHT_PATH_OPEN, RIGHT_FD_READ, 0);
  EXPECT(NOTCAPABLE,
         wasi_fd_fdstat_set_rights(fd, RIGHT_PATH_OPEN, RIGHT_FD_READ | RIGHT_FD_WRITE));
  EXPECT_EQUAL(RIGHT_FD_READ, fdstat_of(fd).inheriting);
}
FAILS(fd_fdstat_set_rights, that_there_are_not) {
  const struct Fdstat stat = fdstat_of(work);
  EXPECT(NOTCAPABLE, wasi_fd_fdstat_set_rights(work, stat.rights | 1ull << 63, stat.inheriting));
}
FAILS(fd_fdstat_set_rights, of_what_was_never_opened) {
  EXPECT(BADF, wasi_fd_fdstat_set_rights(NEVER_OPENED, 0, 0));
}
FAILS_IN(HOST, fd_fdstat_set_rights, to_write_where_write_was_not_granted) {
  const struct Fdstat stat = fdstat_of(read_only);
  EXPECT(NOTCAPABLE, wasi_fd_fdstat_set_rights(read_only, stat.rights | RIGHT_PATH_CREATE_FILE,
                                               stat.inheriting));
  EXPECT(NOTCAPABLE,
         wasi_fd_fdstat_set_rights(read_only, stat.rights, stat.inheriting | RIGHT_FD_WRITE));
}
