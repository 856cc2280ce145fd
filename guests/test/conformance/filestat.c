/* fd_filestat_get, fd_filestat_set_times, path_filestat_get, path_filestat_set_times. */

#include "conformance.h"

static struct Filestat stat;

static uint32_t open_content(void) {
  make_file("file", "content");
  memset(&stat, 0, sizeof stat);
  return open_file("file");
}

SUCCEEDS(fd_filestat_get, of_a_file) {
  EXPECT(SUCCESS, wasi_fd_filestat_get(open_content(), &stat));
  EXPECT_EQUAL(FILETYPE_REGULAR_FILE, stat.type);
  EXPECT_EQUAL(7, stat.size);
  EXPECT_EQUAL(1, stat.links);
}
SUCCEEDS(fd_filestat_get, of_a_directory) {
  EXPECT(SUCCESS, wasi_fd_filestat_get(work, &stat));
  EXPECT_EQUAL(FILETYPE_DIRECTORY, stat.type);
}
SUCCEEDS_IN(HOST, fd_filestat_get, of_standard_streams) {
  for (uint32_t fd = 0; fd < 3; ++fd) {
    EXPECT(SUCCESS, wasi_fd_filestat_get(fd, &stat));
    EXPECT_TRUE(stat.type != FILETYPE_DIRECTORY);
  }
}
SUCCEEDS(fd_filestat_get, agrees_with_path_filestat_get) {
  const struct Filestat by_fd = stat_of_fd(open_content());
  const struct Filestat by_path = stat_of("file");
  EXPECT_EQUAL(by_fd.device, by_path.device);
  EXPECT_EQUAL(by_fd.inode, by_path.inode);
  EXPECT_EQUAL(by_fd.modified, by_path.modified);
}
SUCCEEDS(fd_filestat_get, tells_files_apart_by_inode) {
  const uint32_t one = open_content();
  make_file("other", "");
  EXPECT_TRUE(stat_of_fd(one).inode != stat_of("other").inode);
  EXPECT_EQUAL(stat_of_fd(one).inode, stat_of_fd(open_file("file")).inode);
}
SUCCEEDS(fd_filestat_get, counts_links) {
  const uint32_t fd = open_content();
  EXPECT(SUCCESS, wasi_path_link(work, 0, PATH("file"), work, PATH("linked")));
  EXPECT_EQUAL(2, stat_of_fd(fd).links);
  EXPECT(SUCCESS, wasi_path_unlink_file(work, PATH("file")));
  EXPECT_EQUAL(1, stat_of_fd(fd).links);
  EXPECT(SUCCESS, wasi_path_unlink_file(work, PATH("linked")));
  EXPECT_EQUAL(0, stat_of_fd(fd).links);
}
SUCCEEDS(fd_filestat_get, sees_what_was_just_written) {
  const uint32_t fd = open_content();
  uint32_t size;
  EXPECT(SUCCESS, write_text(fd, "longer content", &size));
  EXPECT_EQUAL(14, stat_of_fd(fd).size);
}
SUCCEEDS(fd_filestat_get, writes_64_bytes) {
  unsigned char bytes[65];
  memset(bytes, 0xa5, sizeof bytes);
  EXPECT(SUCCESS, wasi_fd_filestat_get(open_content(), bytes));
  EXPECT_EQUAL(0xa5, bytes[64]);
}
FAILS(fd_filestat_get, of_what_was_never_opened) {
  EXPECT(BADF, wasi_fd_filestat_get(NEVER_OPENED, &stat));
}
FAILS(fd_filestat_get, without_the_right) {
  open_content();
  EXPECT(NOTCAPABLE, wasi_fd_filestat_get(open_with("file", RIGHT_FD_READ), &stat));
}
FAILS(fd_filestat_get, across_the_end_of_memory) {
  EXPECT(FAULT, wasi_fd_filestat_get(open_content(), before_end(63)));
}

SUCCEEDS(fd_filestat_set_times, of_access) {
  const uint32_t fd = open_content();
  const uint64_t modified = stat_of_fd(fd).modified;
  EXPECT(SUCCESS, wasi_fd_filestat_set_times(fd, 1000, 2000, FST_ATIM));
  EXPECT_EQUAL(1000, stat_of_fd(fd).accessed);
  EXPECT_EQUAL(modified, stat_of_fd(fd).modified);
}
SUCCEEDS(fd_filestat_set_times, of_modification) {
  const uint32_t fd = open_content();
  const uint64_t accessed = stat_of_fd(fd).accessed;
  EXPECT(SUCCESS, wasi_fd_filestat_set_times(fd, 1000, 2000, FST_MTIM));
  EXPECT_EQUAL(accessed, stat_of_fd(fd).accessed);
  EXPECT_EQUAL(2000, stat_of_fd(fd).modified);
}
SUCCEEDS(fd_filestat_set_times, to_the_nanosecond) {
  const uint32_t fd = open_content();
  EXPECT(SUCCESS, wasi_fd_filestat_set_times(fd, 1234567890123456789ull, 1600000000000000001ull,
                                             FST_ATIM | FST_MTIM));
  EXPECT_EQUAL(1234567890123456789ull, stat_of_fd(fd).accessed);
  EXPECT_EQUAL(1600000000000000001ull, stat_of_fd(fd).modified);
}
SUCCEEDS(fd_filestat_set_times, to_now) {
  const uint32_t fd = open_content();
  EXPECT(SUCCESS, wasi_fd_filestat_set_times(fd, 0, 0, FST_ATIM | FST_MTIM));
  EXPECT(SUCCESS, wasi_fd_filestat_set_times(fd, 7, 7, FST_ATIM_NOW | FST_MTIM_NOW));
  EXPECT_TRUE(stat_of_fd(fd).accessed > 1600000000000000000ull);
  EXPECT_TRUE(stat_of_fd(fd).modified > 1600000000000000000ull);
}
SUCCEEDS(fd_filestat_set_times, of_nothing) {
  const uint32_t fd = open_content();
  const struct Filestat before = stat_of_fd(fd);
  EXPECT(SUCCESS, wasi_fd_filestat_set_times(fd, 1000, 2000, 0));
  EXPECT_EQUAL(before.accessed, stat_of_fd(fd).accessed);
  EXPECT_EQUAL(before.modified, stat_of_fd(fd).modified);
}
SUCCEEDS(fd_filestat_set_times, of_a_directory) {
  const uint32_t fd = open_directory(".");
  EXPECT(SUCCESS, wasi_fd_filestat_set_times(fd, 0, 2000, FST_MTIM));
  EXPECT_EQUAL(2000, stat_of_fd(fd).modified);
}
FAILS(fd_filestat_set_times, to_a_time_and_to_now) {
  const uint32_t fd = open_content();
  EXPECT(SUCCESS, wasi_fd_filestat_set_times(fd, 1000, 2000, FST_ATIM | FST_MTIM));
  EXPECT(INVAL, wasi_fd_filestat_set_times(fd, 1, 1, FST_ATIM | FST_ATIM_NOW));
  EXPECT(INVAL, wasi_fd_filestat_set_times(fd, 1, 1, FST_MTIM | FST_MTIM_NOW));
  EXPECT_EQUAL(1000, stat_of_fd(fd).accessed);
  EXPECT_EQUAL(2000, stat_of_fd(fd).modified);
}
FAILS(fd_filestat_set_times, with_flags_that_there_are_not) {
  EXPECT(INVAL, wasi_fd_filestat_set_times(open_content(), 1, 1, 1 << 4));
  EXPECT(INVAL, wasi_fd_filestat_set_times(open_content(), 1, 1, 1u << 31));
}
FAILS(fd_filestat_set_times, of_what_was_never_opened) {
  EXPECT(BADF, wasi_fd_filestat_set_times(NEVER_OPENED, 0, 0, 0));
}
FAILS(fd_filestat_set_times, without_the_right) {
  open_content();
  EXPECT(NOTCAPABLE, wasi_fd_filestat_set_times(open_with("file", RIGHT_FD_WRITE), 1, 1, FST_MTIM));
}
FAILS_IN(HOST, fd_filestat_set_times, of_a_file_that_was_granted_without_write) {
  const uint32_t fd = open_path(read_only, "file", 0, RIGHT_FD_READ, 0, 0);
  EXPECT(NOTCAPABLE, wasi_fd_filestat_set_times(fd, 1, 1, FST_MTIM));
}

SUCCEEDS(path_filestat_get, of_a_file) {
  make_file("file", "content");
  EXPECT(SUCCESS, wasi_path_filestat_get(work, 0, PATH("file"), &stat));
  EXPECT_EQUAL(FILETYPE_REGULAR_FILE, stat.type);
  EXPECT_EQUAL(7, stat.size);
}
SUCCEEDS(path_filestat_get, of_the_directory_itself) {
  EXPECT(SUCCESS, wasi_path_filestat_get(work, 0, PATH("."), &stat));
  EXPECT_EQUAL(FILETYPE_DIRECTORY, stat.type);
  EXPECT_EQUAL(stat_of_fd(work).inode, stat.inode);
}
SUCCEEDS(path_filestat_get, of_a_link_itself) {
  make_symlink("a target", "link");
  EXPECT(SUCCESS, wasi_path_filestat_get(work, 0, PATH("link"), &stat));
  EXPECT_EQUAL(FILETYPE_SYMBOLIC_LINK, stat.type);
  EXPECT_EQUAL(8, stat.size);
}
SUCCEEDS(path_filestat_get, of_what_a_link_names) {
  make_file("file", "content");
  make_symlink("file", "link");
  EXPECT(SUCCESS, wasi_path_filestat_get(work, LOOKUP_SYMLINK_FOLLOW, PATH("link"), &stat));
  EXPECT_EQUAL(FILETYPE_REGULAR_FILE, stat.type);
  EXPECT_EQUAL(stat_of("file").inode, stat.inode);
}
SUCCEEDS(path_filestat_get, through_a_link_to_a_directory_without_being_told_to_follow) {
  make_directory("directory");
  make_file("directory/file", "content");
  make_symlink("directory", "link");
  EXPECT(SUCCESS, wasi_path_filestat_get(work, 0, PATH("link/file"), &stat));
  EXPECT_EQUAL(7, stat.size);
}
SUCCEEDS(path_filestat_get, of_a_directory_with_a_slash_behind) {
  make_directory("directory");
  EXPECT(SUCCESS, wasi_path_filestat_get(work, 0, PATH("directory/"), &stat));
  EXPECT_EQUAL(FILETYPE_DIRECTORY, stat.type);
}
SUCCEEDS_IN(HOST, path_filestat_get, of_hard_links_shows_one_file) {
  struct Filestat other;
  EXPECT(SUCCESS, wasi_path_filestat_get(prepared, 0, PATH("linked_one"), &stat));
  EXPECT(SUCCESS, wasi_path_filestat_get(prepared, 0, PATH("linked_two"), &other));
  EXPECT_EQUAL(stat.inode, other.inode);
  EXPECT_EQUAL(2, stat.links);
}
SUCCEEDS_IN(HOST, path_filestat_get, of_what_is_neither_file_nor_directory) {
  EXPECT(SUCCESS, wasi_path_filestat_get(prepared, 0, PATH("fifo"), &stat));
  EXPECT_EQUAL(FILETYPE_UNKNOWN, stat.type);
  EXPECT(SUCCESS, wasi_path_filestat_get(prepared, 0, PATH("socket"), &stat));
  EXPECT_EQUAL(FILETYPE_SOCKET_STREAM, stat.type);
}
FAILS(path_filestat_get, of_a_name_that_does_not_exist) {
  EXPECT(NOENT, wasi_path_filestat_get(work, 0, PATH("none"), &stat));
}
FAILS(path_filestat_get, of_what_a_dangling_link_names) {
  make_symlink("none", "link");
  EXPECT(NOENT, wasi_path_filestat_get(work, LOOKUP_SYMLINK_FOLLOW, PATH("link"), &stat));
}
FAILS(path_filestat_get, of_links_in_a_circle) {
  make_symlink("two", "one");
  make_symlink("one", "two");
  EXPECT(LOOP, wasi_path_filestat_get(work, LOOKUP_SYMLINK_FOLLOW, PATH("one"), &stat));
}
FAILS(path_filestat_get, of_a_file_with_a_slash_behind) {
  make_file("file", "");
  EXPECT(NOTDIR, wasi_path_filestat_get(work, 0, PATH("file/"), &stat));
}
FAILS(path_filestat_get, through_a_file) {
  make_file("file", "");
  EXPECT(NOTDIR, wasi_path_filestat_get(work, 0, PATH("file/x"), &stat));
  EXPECT(NOTDIR, wasi_path_filestat_get(work, 0, PATH("file/.."), &stat));
}
FAILS(path_filestat_get, of_what_lies_outside) {
  EXPECT(NOTCAPABLE, wasi_path_filestat_get(work, 0, PATH(".."), &stat));
  EXPECT(NOTCAPABLE, wasi_path_filestat_get(work, 0, PATH("/"), &stat));
}
FAILS_IN(HOST, path_filestat_get, of_a_link_that_leads_out) {
  const uint32_t follow = LOOKUP_SYMLINK_FOLLOW;
  EXPECT(NOTCAPABLE, wasi_path_filestat_get(prepared, follow, PATH("escape_relative"), &stat));
  EXPECT(NOTCAPABLE, wasi_path_filestat_get(prepared, follow, PATH("escape_absolute"), &stat));
}
FAILS(path_filestat_get, in_what_was_never_opened) {
  EXPECT(BADF, wasi_path_filestat_get(NEVER_OPENED, 0, PATH("file"), &stat));
}
FAILS(path_filestat_get, in_a_file) {
  EXPECT(NOTDIR, wasi_path_filestat_get(open_content(), 0, PATH("x"), &stat));
}
FAILS(path_filestat_get, without_the_right) {
  const uint32_t fd = open_directory_without(".", RIGHT_PATH_FILESTAT_GET);
  EXPECT(NOTCAPABLE, wasi_path_filestat_get(fd, 0, PATH("."), &stat));
}
FAILS(path_filestat_get, of_a_path_outside_memory) {
  EXPECT(FAULT, wasi_path_filestat_get(work, 0, before_end(3), 4, &stat));
}
FAILS(path_filestat_get, with_the_result_outside_memory) {
  EXPECT(FAULT, wasi_path_filestat_get(work, 0, PATH("."), before_end(63)));
}

SUCCEEDS(path_filestat_set_times, of_a_file) {
  make_file("file", "");
  EXPECT(SUCCESS,
         wasi_path_filestat_set_times(work, 0, PATH("file"), 1000, 2000, FST_ATIM | FST_MTIM));
  EXPECT_EQUAL(1000, stat_of("file").accessed);
  EXPECT_EQUAL(2000, stat_of("file").modified);
}
SUCCEEDS(path_filestat_set_times, to_now) {
  make_file("file", "");
  EXPECT(SUCCESS, wasi_path_filestat_set_times(work, 0, PATH("file"), 1000, 2000, FST_MTIM));
  EXPECT(SUCCESS, wasi_path_filestat_set_times(work, 0, PATH("file"), 7, 7, FST_MTIM_NOW));
  EXPECT_TRUE(stat_of("file").modified > 1600000000000000000ull);
}
SUCCEEDS(path_filestat_set_times, of_a_link_itself) {
  make_file("file", "");
  make_symlink("file", "link");
  const uint64_t before = stat_of("file").modified;
  EXPECT(SUCCESS, wasi_path_filestat_set_times(work, 0, PATH("link"), 0, 2000, FST_MTIM));
  EXPECT_EQUAL(2000, stat_of("link").modified);
  EXPECT_EQUAL(before, stat_of("file").modified);
}
SUCCEEDS(path_filestat_set_times, of_what_a_link_names) {
  make_file("file", "");
  make_symlink("file", "link");
  EXPECT(SUCCESS, wasi_path_filestat_set_times(work, LOOKUP_SYMLINK_FOLLOW, PATH("link"), 0, 2000,
                                               FST_MTIM));
  EXPECT_EQUAL(2000, stat_of("file").modified);
  EXPECT_TRUE(stat_of("link").modified != 2000);
}
SUCCEEDS(path_filestat_set_times, of_a_directory) {
  make_directory("directory");
  EXPECT(SUCCESS, wasi_path_filestat_set_times(work, 0, PATH("directory"), 0, 2000, FST_MTIM));
  EXPECT_EQUAL(2000, stat_of("directory").modified);
}
FAILS(path_filestat_set_times, to_a_time_and_to_now) {
  make_file("file", "");
  EXPECT(INVAL, wasi_path_filestat_set_times(work, 0, PATH("file"), 1, 1, FST_ATIM | FST_ATIM_NOW));
  EXPECT(INVAL, wasi_path_filestat_set_times(work, 0, PATH("file"), 1, 1, FST_MTIM | FST_MTIM_NOW));
}
FAILS(path_filestat_set_times, with_flags_that_there_are_not) {
  make_file("file", "");
  EXPECT(INVAL, wasi_path_filestat_set_times(work, 0, PATH("file"), 1, 1, 1 << 4));
}
FAILS(path_filestat_set_times, of_a_name_that_does_not_exist) {
  EXPECT(NOENT, wasi_path_filestat_set_times(work, 0, PATH("none"), 1, 1, FST_MTIM));
  EXPECT_TRUE(!exists("none"));
}
FAILS(path_filestat_set_times, of_a_file_with_a_slash_behind) {
  make_file("file", "");
  EXPECT(NOTDIR, wasi_path_filestat_set_times(work, 0, PATH("file/"), 1, 1, FST_MTIM));
}
FAILS(path_filestat_set_times, of_what_lies_outside) {
  EXPECT(NOTCAPABLE, wasi_path_filestat_set_times(work, 0, PATH(".."), 1, 1, FST_MTIM));
}
FAILS_IN(HOST, path_filestat_set_times, of_a_link_that_leads_out) {
  EXPECT(NOTCAPABLE, wasi_path_filestat_set_times(prepared, LOOKUP_SYMLINK_FOLLOW,
                                                  PATH("escape_relative"), 1, 1, FST_MTIM));
}
FAILS_IN(HOST, path_filestat_set_times, where_write_was_not_granted) {
  EXPECT(NOTCAPABLE, wasi_path_filestat_set_times(read_only, 0, PATH("file"), 1, 1, FST_MTIM));
}
FAILS(path_filestat_set_times, in_what_was_never_opened) {
  EXPECT(BADF, wasi_path_filestat_set_times(NEVER_OPENED, 0, PATH("file"), 1, 1, FST_MTIM));
}
FAILS(path_filestat_set_times, without_the_right) {
  make_file("file", "");
  const uint32_t fd = open_directory_without(".", RIGHT_PATH_FILESTAT_SET_TIMES);
  EXPECT(NOTCAPABLE, wasi_path_filestat_set_times(fd, 0, PATH("file"), 1, 1, FST_MTIM));
}
FAILS(path_filestat_set_times, of_a_path_outside_memory) {
  EXPECT(FAULT, wasi_path_filestat_set_times(work, 0, NOWHERE, 4, 1, 1, FST_MTIM));
}
