/* fd_write, fd_pwrite. */

#include "conformance.h"

static uint32_t size;

/* A file that holds "content", at its beginning. */
static uint32_t open_content(void) {
  make_file("file", "content");
  size = 0;
  return open_file("file");
}

SUCCEEDS(fd_write, to_a_file) {
  EXPECT(SUCCESS, write_text(open_content(), "CON", &size));
  EXPECT_EQUAL(3, size);
  EXPECT_FILE("CONtent", "file");
}
SUCCEEDS(fd_write, goes_on_where_the_last_one_ended) {
  const uint32_t fd = open_content();
  EXPECT(SUCCESS, write_text(fd, "one ", &size));
  EXPECT(SUCCESS, write_text(fd, "two three", &size));
  EXPECT_EQUAL(13, position_of(fd));
  EXPECT_FILE("one two three", "file");
}
SUCCEEDS(fd_write, of_several_buffers_in_order) {
  const struct Iovec iovecs[] = {{"one", 3}, {NULL, 0}, {" two", 4}, {" three", 6}};
  EXPECT(SUCCESS, wasi_fd_write(open_content(), iovecs, 4, &size));
  EXPECT_EQUAL(13, size);
  EXPECT_FILE("one two three", "file");
}
SUCCEEDS(fd_write, of_nothing) {
  const uint32_t fd = open_content();
  size = 9;
  EXPECT(SUCCESS, wasi_fd_write(fd, NULL, 0, &size));
  EXPECT_EQUAL(0, size);
  EXPECT_FILE("content", "file");
}
SUCCEEDS(fd_write, behind_the_end_leaves_a_hole) {
  const uint32_t fd = open_content();
  uint64_t position;
  char bytes[16];
  EXPECT(SUCCESS, wasi_fd_seek(fd, 2, WHENCE_END, &position));
  EXPECT(SUCCESS, write_text(fd, "x", &size));
  EXPECT_EQUAL(10, stat_of("file").size);
  EXPECT_EQUAL(10, content("file", bytes, sizeof bytes));
  EXPECT_TRUE(memcmp(bytes, "content\0\0x", 10) == 0);
}
SUCCEEDS(fd_write, with_append_goes_to_the_end_wherever_the_position_is) {
  open_content();
  const uint32_t fd = open_path(work, "file", 0, RIGHTS_ALL, 0, FDFLAG_APPEND);
  uint64_t position;
  EXPECT(SUCCESS, wasi_fd_seek(fd, 0, WHENCE_SET, &position));
  EXPECT(SUCCESS, write_text(fd, " more", &size));
  EXPECT_FILE("content more", "file");
}
SUCCEEDS(fd_write, with_append_by_two_descriptors_loses_nothing) {
  make_file("file", "");
  const uint32_t one = open_path(work, "file", 0, RIGHT_FD_WRITE, 0, FDFLAG_APPEND);
  const uint32_t other = open_path(work, "file", 0, RIGHT_FD_WRITE, 0, FDFLAG_APPEND);
  EXPECT(SUCCESS, write_text(one, "a", &size));
  EXPECT(SUCCESS, write_text(other, "b", &size));
  EXPECT(SUCCESS, write_text(one, "c", &size));
  EXPECT_FILE("abc", "file");
}
SUCCEEDS_IN(HOST, fd_write, to_standard_error) {
  EXPECT(SUCCESS, write_text(2, "a line for standard error\n", &size));
  EXPECT_EQUAL(26, size);
}
SUCCEEDS_IN(HOST, fd_write, of_nothing_to_standard_output) {
  size = 9;
  EXPECT(SUCCESS, write_text(1, "", &size));
  EXPECT_EQUAL(0, size);
}
SUCCEEDS(fd_write, changes_the_time_of_modification) {
  const uint32_t fd = open_content();
  EXPECT(SUCCESS, wasi_fd_filestat_set_times(fd, 0, 1000, FST_MTIM));
  EXPECT(SUCCESS, write_text(fd, "x", &size));
  EXPECT_TRUE(stat_of("file").modified > 1000);
}
FAILS(fd_write, to_what_was_never_opened) {
  EXPECT(BADF, write_text(NEVER_OPENED, "x", &size));
}
FAILS(fd_write, without_the_right) {
  open_content();
  EXPECT(NOTCAPABLE, write_text(open_with("file", RIGHT_FD_READ), "x", &size));
  EXPECT_FILE("content", "file");
}
FAILS_IN(HOST, fd_write, to_standard_input) {
  EXPECT(NOTCAPABLE, write_text(0, "x", &size));
}
FAILS(fd_write, to_a_directory) {
  EXPECT_EITHER(NOTCAPABLE, ISDIR, write_text(work, "x", &size));
}
FAILS(fd_write, with_buffers_outside_memory) {
  const uint32_t fd = open_content();
  EXPECT(FAULT, wasi_fd_write(fd, NOWHERE, 1, &size));
  EXPECT(FAULT, wasi_fd_write(fd, before_end(15), 2, &size));
  EXPECT_FILE("content", "file");
}
FAILS(fd_write, of_what_is_outside_memory) {
  const struct Iovec iovecs[] = {{"x", 1}, {before_end(3), 4}};
  const uint32_t fd = open_content();
  EXPECT(FAULT, wasi_fd_write(fd, iovecs, 2, &size));
  EXPECT_FILE("content", "file");
}
FAILS(fd_write, of_a_buffer_that_wraps_around) {
  const struct Iovec iovec = {"x", 0xffffffffu};
  EXPECT(FAULT, wasi_fd_write(open_content(), &iovec, 1, &size));
  EXPECT_FILE("content", "file");
}
FAILS(fd_write, with_the_result_outside_memory) {
  const struct Iovec iovec = {"x", 1};
  EXPECT(FAULT, wasi_fd_write(open_content(), &iovec, 1, before_end(3)));
  EXPECT_FILE("content", "file");
}
FAILS(fd_write, of_too_many_buffers) {
  EXPECT_EITHER(INVAL, FAULT, wasi_fd_write(open_content(), NULL, 0xffffffffu, &size));
}

static uint32_t pwrite_text(uint32_t fd, const char* text, uint64_t offset) {
  const struct Iovec iovec = {text, (uint32_t)strlen(text)};
  return wasi_fd_pwrite(fd, &iovec, 1, offset, &size);
}

SUCCEEDS(fd_pwrite, at_an_offset) {
  EXPECT(SUCCESS, pwrite_text(open_content(), "NTE", 2));
  EXPECT_EQUAL(3, size);
  EXPECT_FILE("coNTEnt", "file");
}
SUCCEEDS(fd_pwrite, leaves_the_position) {
  const uint32_t fd = open_content();
  EXPECT(SUCCESS, pwrite_text(fd, "x", 2));
  EXPECT_EQUAL(0, position_of(fd));
}
SUCCEEDS(fd_pwrite, behind_the_end_leaves_a_hole) {
  char bytes[16];
  EXPECT(SUCCESS, pwrite_text(open_content(), "x", 9));
  EXPECT_EQUAL(10, content("file", bytes, sizeof bytes));
  EXPECT_TRUE(memcmp(bytes, "content\0\0x", 10) == 0);
}
SUCCEEDS(fd_pwrite, of_several_buffers_in_order) {
  const struct Iovec iovecs[] = {{"ON", 2}, {"TEN", 3}};
  EXPECT(SUCCESS, wasi_fd_pwrite(open_content(), iovecs, 2, 1, &size));
  EXPECT_EQUAL(5, size);
  EXPECT_FILE("cONTENt", "file");
}
SUCCEEDS(fd_pwrite, goes_where_it_is_told_despite_append) {
  open_content();
  const uint32_t fd = open_path(work, "file", 0, RIGHTS_ALL, 0, FDFLAG_APPEND);
  EXPECT(SUCCESS, pwrite_text(fd, "C", 0));
  EXPECT_FILE("Content", "file");
  EXPECT(SUCCESS, write_text(fd, "s", &size));
  EXPECT_FILE("Contents", "file");
}
SUCCEEDS(fd_pwrite, of_nothing_changes_no_size) {
  EXPECT(SUCCESS, wasi_fd_pwrite(open_content(), NULL, 0, 100, &size));
  EXPECT_EQUAL(7, stat_of("file").size);
}
FAILS(fd_pwrite, to_what_was_never_opened) {
  EXPECT(BADF, pwrite_text(NEVER_OPENED, "x", 0));
}
FAILS(fd_pwrite, without_the_right_to_write) {
  open_content();
  EXPECT(NOTCAPABLE, pwrite_text(open_with("file", RIGHT_FD_READ | RIGHT_FD_SEEK), "x", 0));
}
FAILS(fd_pwrite, without_the_right_to_seek) {
  open_content();
  EXPECT(NOTCAPABLE, pwrite_text(open_with("file", RIGHT_FD_WRITE), "x", 0));
  EXPECT_FILE("content", "file");
}
FAILS_IN(HOST, fd_pwrite, to_standard_output) {
  EXPECT_EITHER(SPIPE, NOTCAPABLE, pwrite_text(1, "x", 0));
}
FAILS(fd_pwrite, to_a_directory) {
  EXPECT_EITHER(NOTCAPABLE, ISDIR, pwrite_text(work, "x", 0));
}
FAILS(fd_pwrite, at_a_negative_offset) {
  EXPECT(INVAL, pwrite_text(open_content(), "x", UINT64_MAX));
  EXPECT(INVAL, pwrite_text(open_content(), "x", 1ull << 63));
  EXPECT_FILE("content", "file");
}
FAILS(fd_pwrite, at_an_offset_that_no_file_reaches) {
  EXPECT_EITHER(FBIG, INVAL, pwrite_text(open_content(), "xy", INT64_MAX));
  EXPECT_EQUAL(7, stat_of("file").size);
}
FAILS(fd_pwrite, with_buffers_outside_memory) {
  EXPECT(FAULT, wasi_fd_pwrite(open_content(), before_end(7), 1, 0, &size));
}
FAILS(fd_pwrite, of_what_is_outside_memory) {
  const struct Iovec iovec = {before_end(3), 4};
  EXPECT(FAULT, wasi_fd_pwrite(open_content(), &iovec, 1, 0, &size));
  EXPECT_FILE("content", "file");
}
FAILS(fd_pwrite, with_the_result_outside_memory) {
  const struct Iovec iovec = {"x", 1};
  EXPECT(FAULT, wasi_fd_pwrite(open_content(), &iovec, 1, 0, NOWHERE));
  EXPECT_FILE("content", "file");
}
