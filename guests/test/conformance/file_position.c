/* fd_seek, fd_tell, fd_filestat_set_size, fd_allocate, fd_advise, fd_sync, fd_datasync. */

#include "conformance.h"

static uint64_t position;
static uint32_t size;

/* A file that holds "content", at its beginning. */
static uint32_t open_content(void) {
  make_file("file", "content");
  position = UINT64_MAX;
  return open_file("file");
}
static uint32_t open_content_with(uint64_t rights) {
  make_file("file", "content");
  return open_with("file", rights);
}

SUCCEEDS(fd_seek, from_the_beginning) {
  EXPECT(SUCCESS, wasi_fd_seek(open_content(), 3, WHENCE_SET, &position));
  EXPECT_EQUAL(3, position);
}
SUCCEEDS(fd_seek, from_where_it_is) {
  const uint32_t fd = open_content();
  EXPECT(SUCCESS, wasi_fd_seek(fd, 5, WHENCE_CUR, &position));
  EXPECT(SUCCESS, wasi_fd_seek(fd, -2, WHENCE_CUR, &position));
  EXPECT_EQUAL(3, position);
}
SUCCEEDS(fd_seek, from_the_end) {
  EXPECT(SUCCESS, wasi_fd_seek(open_content(), -2, WHENCE_END, &position));
  EXPECT_EQUAL(5, position);
}
SUCCEEDS(fd_seek, behind_the_end_without_growing_the_file) {
  const uint32_t fd = open_content();
  EXPECT(SUCCESS, wasi_fd_seek(fd, 1000, WHENCE_END, &position));
  EXPECT_EQUAL(1007, position);
  EXPECT_EQUAL(7, stat_of_fd(fd).size);
}
SUCCEEDS(fd_seek, by_nothing_with_the_right_to_tell_alone) {
  EXPECT(SUCCESS, wasi_fd_seek(open_content_with(RIGHT_FD_TELL), 0, WHENCE_CUR, &position));
  EXPECT_EQUAL(0, position);
}
SUCCEEDS(fd_seek, decides_where_the_next_read_begins) {
  const uint32_t fd = open_content();
  char bytes[8];
  EXPECT(SUCCESS, wasi_fd_seek(fd, 4, WHENCE_SET, &position));
  EXPECT(SUCCESS, read_some(fd, bytes, sizeof bytes, &size));
  EXPECT_TEXT("ent", bytes, size);
}
FAILS(fd_seek, before_the_beginning) {
  const uint32_t fd = open_content();
  EXPECT(INVAL, wasi_fd_seek(fd, -1, WHENCE_SET, &position));
  EXPECT(INVAL, wasi_fd_seek(fd, -8, WHENCE_END, &position));
  EXPECT(INVAL, wasi_fd_seek(fd, INT64_MIN, WHENCE_CUR, &position));
  EXPECT_EQUAL(0, position_of(fd));
}
FAILS(fd_seek, beyond_what_a_position_can_be) {
  const uint32_t fd = open_content();
  EXPECT(SUCCESS, wasi_fd_seek(fd, 7, WHENCE_SET, &position));
  EXPECT_EITHER(INVAL, OVERFLOW, wasi_fd_seek(fd, INT64_MAX, WHENCE_CUR, &position));
  EXPECT_EQUAL(7, position_of(fd));
}
FAILS(fd_seek, from_somewhere_that_there_is_not) {
  EXPECT(INVAL, wasi_fd_seek(open_content(), 0, 3, &position));
  EXPECT(INVAL, wasi_fd_seek(open_content(), 0, 0xffffffffu, &position));
}
FAILS(fd_seek, in_what_was_never_opened) {
  EXPECT(BADF, wasi_fd_seek(NEVER_OPENED, 0, WHENCE_SET, &position));
}
FAILS(fd_seek, without_the_right) {
  EXPECT(NOTCAPABLE,
         wasi_fd_seek(open_content_with(RIGHT_FD_READ | RIGHT_FD_TELL), 1, WHENCE_SET, &position));
}
FAILS_IN(HOST, fd_seek, in_standard_streams) {
  for (uint32_t fd = 0; fd < 3; ++fd) {
    EXPECT_EITHER(SPIPE, NOTCAPABLE, wasi_fd_seek(fd, 0, WHENCE_SET, &position));
  }
}
FAILS(fd_seek, in_a_directory) {
  EXPECT_EITHER(NOTCAPABLE, BADF, wasi_fd_seek(work, 0, WHENCE_SET, &position));
}
FAILS(fd_seek, with_the_result_outside_memory) {
  const uint32_t fd = open_content();
  EXPECT(FAULT, wasi_fd_seek(fd, 3, WHENCE_SET, before_end(7)));
  EXPECT_EQUAL(0, position_of(fd));
}

SUCCEEDS(fd_tell, at_the_beginning) {
  EXPECT(SUCCESS, wasi_fd_tell(open_content(), &position));
  EXPECT_EQUAL(0, position);
}
SUCCEEDS(fd_tell, behind_what_was_written) {
  const uint32_t fd = open_content();
  EXPECT(SUCCESS, write_text(fd, "CON", &size));
  EXPECT(SUCCESS, wasi_fd_tell(fd, &position));
  EXPECT_EQUAL(3, position);
}
SUCCEEDS(fd_tell, behind_what_was_appended) {
  make_file("file", "content");
  const uint32_t fd = open_path(work, "file", 0, RIGHTS_ALL, 0, FDFLAG_APPEND);
  EXPECT(SUCCESS, write_text(fd, "!", &size));
  EXPECT(SUCCESS, wasi_fd_tell(fd, &position));
  EXPECT_EQUAL(8, position);
}
SUCCEEDS(fd_tell, with_the_right_to_seek_alone) {
  EXPECT(SUCCESS, wasi_fd_tell(open_content_with(RIGHT_FD_SEEK), &position));
  EXPECT_EQUAL(0, position);
}
SUCCEEDS(fd_tell, of_two_descriptors_apart) {
  const uint32_t one = open_content(), other = open_file("file");
  EXPECT(SUCCESS, wasi_fd_seek(one, 3, WHENCE_SET, &position));
  EXPECT_EQUAL(0, position_of(other));
}
FAILS(fd_tell, of_what_was_never_opened) {
  EXPECT(BADF, wasi_fd_tell(NEVER_OPENED, &position));
}
FAILS(fd_tell, without_the_right) {
  EXPECT(NOTCAPABLE, wasi_fd_tell(open_content_with(RIGHT_FD_READ), &position));
}
FAILS_IN(HOST, fd_tell, of_standard_input) {
  EXPECT_EITHER(SPIPE, NOTCAPABLE, wasi_fd_tell(0, &position));
}
FAILS(fd_tell, of_a_directory) {
  EXPECT_EITHER(NOTCAPABLE, BADF, wasi_fd_tell(work, &position));
}
FAILS(fd_tell, with_the_result_outside_memory) {
  EXPECT(FAULT, wasi_fd_tell(open_content(), NOWHERE));
}

SUCCEEDS(fd_filestat_set_size, to_more_fills_with_zeros) {
  char bytes[16];
  EXPECT(SUCCESS, wasi_fd_filestat_set_size(open_content(), 10));
  EXPECT_EQUAL(10, content("file", bytes, sizeof bytes));
  EXPECT_TRUE(memcmp(bytes, "content\0\0\0", 10) == 0);
}
SUCCEEDS(fd_filestat_set_size, to_less_cuts) {
  EXPECT(SUCCESS, wasi_fd_filestat_set_size(open_content(), 4));
  EXPECT_FILE("cont", "file");
}
SUCCEEDS(fd_filestat_set_size, to_nothing) {
  EXPECT(SUCCESS, wasi_fd_filestat_set_size(open_content(), 0));
  EXPECT_EQUAL(0, stat_of("file").size);
}
SUCCEEDS(fd_filestat_set_size, and_back_does_not_bring_back_what_was_cut) {
  const uint32_t fd = open_content();
  char bytes[8];
  EXPECT(SUCCESS, wasi_fd_filestat_set_size(fd, 3));
  EXPECT(SUCCESS, wasi_fd_filestat_set_size(fd, 7));
  EXPECT_EQUAL(7, content("file", bytes, sizeof bytes));
  EXPECT_TRUE(memcmp(bytes, "con\0\0\0\0", 7) == 0);
}
SUCCEEDS(fd_filestat_set_size, leaves_the_position) {
  const uint32_t fd = open_content();
  EXPECT(SUCCESS, wasi_fd_seek(fd, 5, WHENCE_SET, &position));
  EXPECT(SUCCESS, wasi_fd_filestat_set_size(fd, 2));
  EXPECT_EQUAL(5, position_of(fd));
}
FAILS(fd_filestat_set_size, to_a_negative_size) {
  EXPECT_EITHER(INVAL, FBIG, wasi_fd_filestat_set_size(open_content(), UINT64_MAX));
  EXPECT_FILE("content", "file");
}
FAILS(fd_filestat_set_size, of_what_was_never_opened) {
  EXPECT(BADF, wasi_fd_filestat_set_size(NEVER_OPENED, 0));
}
FAILS(fd_filestat_set_size, without_the_right) {
  EXPECT(NOTCAPABLE, wasi_fd_filestat_set_size(open_content_with(RIGHT_FD_WRITE), 0));
  EXPECT_FILE("content", "file");
}
FAILS(fd_filestat_set_size, of_a_directory) {
  EXPECT_EITHER(NOTCAPABLE, BADF, wasi_fd_filestat_set_size(work, 0));
}
FAILS_IN(HOST, fd_filestat_set_size, of_standard_output) {
  EXPECT_EITHER(NOTCAPABLE, SPIPE, wasi_fd_filestat_set_size(1, 0));
}

SUCCEEDS(fd_allocate, grows_the_file) {
  const uint32_t fd = open_content();
  EXPECT(SUCCESS, wasi_fd_allocate(fd, 0, 100));
  EXPECT_EQUAL(100, stat_of_fd(fd).size);
}
SUCCEEDS(fd_allocate, keeps_what_is_there) {
  char bytes[16];
  EXPECT(SUCCESS, wasi_fd_allocate(open_content(), 2, 8));
  EXPECT_EQUAL(10, content("file", bytes, sizeof bytes));
  EXPECT_TRUE(memcmp(bytes, "content\0\0\0", 10) == 0);
}
SUCCEEDS(fd_allocate, within_the_file_does_not_shrink_it) {
  const uint32_t fd = open_content();
  EXPECT(SUCCESS, wasi_fd_allocate(fd, 0, 3));
  EXPECT_EQUAL(7, stat_of_fd(fd).size);
}
FAILS(fd_allocate, of_nothing) {
  EXPECT(INVAL, wasi_fd_allocate(open_content(), 0, 0));
}
FAILS(fd_allocate, at_a_negative_offset) {
  EXPECT_EITHER(INVAL, FBIG, wasi_fd_allocate(open_content(), UINT64_MAX, 1));
}
FAILS(fd_allocate, beyond_what_a_file_can_be) {
  EXPECT_EITHER(FBIG, INVAL, wasi_fd_allocate(open_content(), INT64_MAX, INT64_MAX));
  EXPECT_FILE("content", "file");
}
FAILS(fd_allocate, in_what_was_never_opened) {
  EXPECT(BADF, wasi_fd_allocate(NEVER_OPENED, 0, 1));
}
FAILS(fd_allocate, without_the_right) {
  EXPECT(NOTCAPABLE, wasi_fd_allocate(open_content_with(RIGHT_FD_WRITE), 0, 100));
  EXPECT_FILE("content", "file");
}
FAILS(fd_allocate, in_a_directory) {
  EXPECT_EITHER(NOTCAPABLE, BADF, wasi_fd_allocate(work, 0, 1));
}
FAILS_IN(HOST, fd_allocate, in_standard_output) {
  EXPECT_EITHER(SPIPE, NOTCAPABLE, wasi_fd_allocate(1, 0, 1));
}

SUCCEEDS(fd_advise, of_every_kind) {
  const uint32_t fd = open_content();
  for (uint32_t advice = 0; advice < 6; ++advice) {
    EXPECT(SUCCESS, wasi_fd_advise(fd, 0, 7, advice));
  }
  EXPECT_FILE("content", "file");
}
SUCCEEDS(fd_advise, behind_the_end) {
  EXPECT(SUCCESS, wasi_fd_advise(open_content(), 100, 50, 0));
}
SUCCEEDS(fd_advise, to_the_end) {
  EXPECT(SUCCESS, wasi_fd_advise(open_content(), 2, 0, 3));
}
FAILS(fd_advise, of_a_kind_that_there_is_not) {
  EXPECT(INVAL, wasi_fd_advise(open_content(), 0, 7, 6));
  EXPECT(INVAL, wasi_fd_advise(open_content(), 0, 7, 0xffffffffu));
}
FAILS(fd_advise, at_a_negative_offset) {
  EXPECT(INVAL, wasi_fd_advise(open_content(), UINT64_MAX, 1, 0));
}
FAILS(fd_advise, of_a_negative_length) {
  EXPECT(INVAL, wasi_fd_advise(open_content(), 0, UINT64_MAX, 0));
}
FAILS(fd_advise, on_what_was_never_opened) {
  EXPECT(BADF, wasi_fd_advise(NEVER_OPENED, 0, 0, 0));
}
FAILS(fd_advise, without_the_right) {
  EXPECT(NOTCAPABLE, wasi_fd_advise(open_content_with(RIGHT_FD_READ), 0, 0, 0));
}
FAILS(fd_advise, on_a_directory) {
  EXPECT_EITHER(BADF, NOTCAPABLE, wasi_fd_advise(work, 0, 0, 0));
}
FAILS_IN(HOST, fd_advise, on_standard_input) {
  EXPECT_EITHER(SPIPE, NOTCAPABLE, wasi_fd_advise(0, 0, 0, 0));
}

SUCCEEDS(fd_sync, of_a_file) {
  EXPECT(SUCCESS, wasi_fd_sync(open_content()));
}
SUCCEEDS(fd_sync, of_a_file_opened_to_write_alone) {
  EXPECT(SUCCESS, wasi_fd_sync(open_content_with(RIGHT_FD_WRITE | RIGHT_FD_SYNC)));
}
SUCCEEDS(fd_sync, of_a_directory) {
  EXPECT(SUCCESS, wasi_fd_sync(work));
}
FAILS(fd_sync, of_what_was_never_opened) {
  EXPECT(BADF, wasi_fd_sync(NEVER_OPENED));
}
FAILS(fd_sync, without_the_right) {
  EXPECT(NOTCAPABLE, wasi_fd_sync(open_content_with(RIGHT_FD_WRITE | RIGHT_FD_DATASYNC)));
}

SUCCEEDS(fd_datasync, of_a_file) {
  EXPECT(SUCCESS, wasi_fd_datasync(open_content()));
}
SUCCEEDS(fd_datasync, of_a_file_opened_to_write_alone) {
  EXPECT(SUCCESS, wasi_fd_datasync(open_content_with(RIGHT_FD_WRITE | RIGHT_FD_DATASYNC)));
}
SUCCEEDS(fd_datasync, of_a_directory) {
  EXPECT(SUCCESS, wasi_fd_datasync(work));
}
FAILS(fd_datasync, of_what_was_never_opened) {
  EXPECT(BADF, wasi_fd_datasync(NEVER_OPENED));
}
FAILS(fd_datasync, without_the_right) {
  EXPECT(NOTCAPABLE, wasi_fd_datasync(open_content_with(RIGHT_FD_WRITE | RIGHT_FD_SYNC)));
}
