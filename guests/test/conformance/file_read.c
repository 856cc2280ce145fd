/* fd_read, fd_pread. */

#include "conformance.h"

static char buffer[32];
static uint32_t size;

/* A file that holds "content", at its beginning. */
static uint32_t open_content(void) {
  make_file("file", "content");
  memset(buffer, 0, sizeof buffer);
  size = 0;
  return open_file("file");
}

SUCCEEDS(fd_read, of_a_file) {
  EXPECT(SUCCESS, read_some(open_content(), buffer, sizeof buffer, &size));
  EXPECT_TEXT("content", buffer, size);
}
SUCCEEDS(fd_read, goes_on_where_the_last_one_ended) {
  const uint32_t fd = open_content();
  EXPECT(SUCCESS, read_some(fd, buffer, 4, &size));
  EXPECT_TEXT("cont", buffer, size);
  EXPECT(SUCCESS, read_some(fd, buffer, 4, &size));
  EXPECT_TEXT("ent", buffer, size);
  EXPECT_EQUAL(7, position_of(fd));
}
SUCCEEDS(fd_read, at_the_end_gives_nothing) {
  const uint32_t fd = open_content();
  EXPECT(SUCCESS, read_some(fd, buffer, sizeof buffer, &size));
  EXPECT(SUCCESS, read_some(fd, buffer, sizeof buffer, &size));
  EXPECT_EQUAL(0, size);
}
SUCCEEDS(fd_read, behind_the_end_gives_nothing) {
  const uint32_t fd = open_content();
  uint64_t position;
  EXPECT(SUCCESS, wasi_fd_seek(fd, 100, WHENCE_SET, &position));
  EXPECT(SUCCESS, read_some(fd, buffer, sizeof buffer, &size));
  EXPECT_EQUAL(0, size);
  EXPECT_EQUAL(100, position_of(fd));
}
SUCCEEDS(fd_read, into_several_buffers_in_order) {
  const struct Iovec iovecs[] = {{buffer + 8, 2}, {buffer, 0}, {buffer, 3}, {buffer + 16, 16}};
  EXPECT(SUCCESS, wasi_fd_read(open_content(), iovecs, 4, &size));
  EXPECT_EQUAL(7, size);
  EXPECT_TEXT("co", buffer + 8, 2);
  EXPECT_TEXT("nte", buffer, 3);
  EXPECT_TEXT("nt", buffer + 16, 2);
}
SUCCEEDS(fd_read, writes_nothing_behind_what_it_gives) {
  const uint32_t fd = open_content();
  memset(buffer, '-', sizeof buffer);
  EXPECT(SUCCESS, read_some(fd, buffer, sizeof buffer, &size));
  EXPECT_TEXT("content-", buffer, 8);
}
SUCCEEDS(fd_read, into_no_buffer) {
  const uint32_t fd = open_content();
  size = 9;
  EXPECT(SUCCESS, wasi_fd_read(fd, buffer, 0, &size));
  EXPECT_EQUAL(0, size);
  EXPECT_EQUAL(0, position_of(fd));
}
SUCCEEDS(fd_read, into_an_empty_buffer) {
  size = 9;
  EXPECT(SUCCESS, read_some(open_content(), buffer, 0, &size));
}
SUCCEEDS_IN(HOST, fd_read, of_standard_input_until_its_end) {
  uint32_t total = 0;
  do {
    EXPECT(SUCCESS, read_some(0, buffer + total, sizeof buffer - total, &size));
    total += size;
  } while (size > 0);
  EXPECT_TEXT("standard input", buffer, total);
  EXPECT(SUCCESS, read_some(0, buffer, sizeof buffer, &size));
  EXPECT_EQUAL(0, size);
}
SUCCEEDS(fd_read, of_a_hole_gives_zeros) {
  const uint32_t fd = open_content();
  EXPECT(SUCCESS, wasi_fd_filestat_set_size(fd, 10));
  EXPECT(SUCCESS, read_some(fd, buffer, sizeof buffer, &size));
  EXPECT_EQUAL(10, size);
  EXPECT_TRUE(memcmp(buffer, "content\0\0\0", 10) == 0);
}
SUCCEEDS(fd_read, sees_what_another_descriptor_wrote) {
  const uint32_t fd = open_content();
  EXPECT(SUCCESS, write_text(open_file("file"), "CON", &size));
  EXPECT(SUCCESS, read_some(fd, buffer, sizeof buffer, &size));
  EXPECT_TEXT("CONtent", buffer, size);
}
FAILS(fd_read, of_what_was_never_opened) {
  EXPECT(BADF, read_some(NEVER_OPENED, buffer, sizeof buffer, &size));
}
FAILS(fd_read, without_the_right) {
  make_file("file", "content");
  EXPECT(NOTCAPABLE, read_some(open_with("file", RIGHT_FD_WRITE), buffer, 1, &size));
}
FAILS_IN(HOST, fd_read, of_standard_output) {
  EXPECT(NOTCAPABLE, read_some(1, buffer, 1, &size));
}
FAILS(fd_read, of_a_directory) {
  EXPECT_EITHER(NOTCAPABLE, ISDIR, read_some(work, buffer, sizeof buffer, &size));
}
FAILS(fd_read, with_buffers_outside_memory) {
  const uint32_t fd = open_content();
  EXPECT(FAULT, wasi_fd_read(fd, NOWHERE, 1, &size));
  EXPECT(FAULT, wasi_fd_read(fd, before_end(15), 2, &size));
  EXPECT_EQUAL(0, position_of(fd));
}
FAILS(fd_read, into_what_is_outside_memory) {
  const uint32_t fd = open_content();
  EXPECT(FAULT, read_some(fd, NOWHERE, 4, &size));
  EXPECT(FAULT, read_some(fd, before_end(3), 4, &size));
  EXPECT_EQUAL(0, position_of(fd));
}
FAILS(fd_read, into_a_good_buffer_and_one_outside_memory) {
  const struct Iovec iovecs[] = {{buffer, 2}, {NOWHERE, 1}};
  const uint32_t fd = open_content();
  EXPECT(FAULT, wasi_fd_read(fd, iovecs, 2, &size));
  EXPECT_EQUAL(0, buffer[0]);
  EXPECT_EQUAL(0, position_of(fd));
}
FAILS(fd_read, with_the_result_outside_memory) {
  const struct Iovec iovec = {buffer, 4};
  const uint32_t fd = open_content();
  EXPECT(FAULT, wasi_fd_read(fd, &iovec, 1, before_end(3)));
  EXPECT_EQUAL(0, position_of(fd));
}
FAILS(fd_read, into_too_many_buffers) {
  EXPECT_EITHER(INVAL, FAULT, wasi_fd_read(open_content(), buffer, 0xffffffffu, &size));
}

static uint32_t pread_some(uint32_t fd, void* into, uint32_t limit, uint64_t offset) {
  const struct Iovec iovec = {into, limit};
  return wasi_fd_pread(fd, &iovec, 1, offset, &size);
}

SUCCEEDS(fd_pread, from_an_offset) {
  EXPECT(SUCCESS, pread_some(open_content(), buffer, 3, 2));
  EXPECT_TEXT("nte", buffer, size);
}
SUCCEEDS(fd_pread, leaves_the_position) {
  const uint32_t fd = open_content();
  EXPECT(SUCCESS, pread_some(fd, buffer, 3, 2));
  EXPECT_EQUAL(0, position_of(fd));
}
SUCCEEDS(fd_pread, up_to_the_end) {
  EXPECT(SUCCESS, pread_some(open_content(), buffer, sizeof buffer, 5));
  EXPECT_TEXT("nt", buffer, size);
}
SUCCEEDS(fd_pread, at_and_behind_the_end_gives_nothing) {
  const uint32_t fd = open_content();
  EXPECT(SUCCESS, pread_some(fd, buffer, sizeof buffer, 7));
  EXPECT_EQUAL(0, size);
  EXPECT(SUCCESS, pread_some(fd, buffer, sizeof buffer, 1u << 31));
  EXPECT_EQUAL(0, size);
}
SUCCEEDS(fd_pread, into_several_buffers_in_order) {
  const struct Iovec iovecs[] = {{buffer + 8, 2}, {buffer, 3}};
  EXPECT(SUCCESS, wasi_fd_pread(open_content(), iovecs, 2, 1, &size));
  EXPECT_EQUAL(5, size);
  EXPECT_TEXT("on", buffer + 8, 2);
  EXPECT_TEXT("ten", buffer, 3);
}
SUCCEEDS(fd_pread, into_no_buffer) {
  const uint32_t fd = open_content();
  size = 9;
  EXPECT(SUCCESS, wasi_fd_pread(fd, buffer, 0, 0, &size));
  EXPECT_EQUAL(0, size);
}
FAILS(fd_pread, of_what_was_never_opened) {
  EXPECT(BADF, pread_some(NEVER_OPENED, buffer, 1, 0));
}
FAILS(fd_pread, without_the_right_to_read) {
  make_file("file", "content");
  EXPECT(NOTCAPABLE, pread_some(open_with("file", RIGHT_FD_WRITE | RIGHT_FD_SEEK), buffer, 1, 0));
}
FAILS(fd_pread, without_the_right_to_seek) {
  make_file("file", "content");
  EXPECT(NOTCAPABLE, pread_some(open_with("file", RIGHT_FD_READ), buffer, 1, 0));
}
FAILS_IN(HOST, fd_pread, of_standard_input) {
  EXPECT_EITHER(SPIPE, NOTCAPABLE, pread_some(0, buffer, 1, 0));
}
FAILS(fd_pread, of_a_directory) {
  EXPECT_EITHER(NOTCAPABLE, ISDIR, pread_some(work, buffer, 1, 0));
}
FAILS(fd_pread, from_a_negative_offset) {
  EXPECT(INVAL, pread_some(open_content(), buffer, 1, UINT64_MAX));
  EXPECT(INVAL, pread_some(open_content(), buffer, 1, 1ull << 63));
}
FAILS(fd_pread, with_buffers_outside_memory) {
  EXPECT(FAULT, wasi_fd_pread(open_content(), before_end(7), 1, 0, &size));
}
FAILS(fd_pread, into_what_is_outside_memory) {
  EXPECT(FAULT, pread_some(open_content(), before_end(3), 4, 0));
}
FAILS(fd_pread, with_the_result_outside_memory) {
  const struct Iovec iovec = {buffer, 4};
  EXPECT(FAULT, wasi_fd_pread(open_content(), &iovec, 1, 0, NOWHERE));
}
