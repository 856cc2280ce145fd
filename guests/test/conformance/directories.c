/* fd_prestat_get, fd_prestat_dir_name, fd_readdir. */

#include "conformance.h"

#include <stdio.h>

SUCCEEDS(fd_prestat_get, of_a_granted_directory) {
  struct Prestat prestat = {9, 0};
  EXPECT(SUCCESS, wasi_fd_prestat_get(root, &prestat));
  EXPECT_EQUAL(0, prestat.tag);
  EXPECT_EQUAL(strlen(root_name), prestat.name_size);
}
SUCCEEDS(fd_prestat_get, begins_at_3_without_a_gap) {
  struct Prestat prestat;
  for (uint32_t fd = 3; fd <= root; ++fd) EXPECT(SUCCESS, wasi_fd_prestat_get(fd, &prestat));
}
SUCCEEDS(fd_prestat_get, writes_8_bytes) {
  unsigned char bytes[9];
  memset(bytes, 0xa5, sizeof bytes);
  EXPECT(SUCCESS, wasi_fd_prestat_get(root, bytes));
  EXPECT_EQUAL(0xa5, bytes[8]);
}
FAILS(fd_prestat_get, behind_the_last_one) {
  struct Prestat prestat;
  uint32_t fd = 3;
  while (wasi_fd_prestat_get(fd, &prestat) == ERRNO_SUCCESS) ++fd;
  EXPECT(BADF, wasi_fd_prestat_get(fd, &prestat));
}
FAILS(fd_prestat_get, of_standard_streams) {
  struct Prestat prestat;
  for (uint32_t fd = 0; fd < 3; ++fd) EXPECT(BADF, wasi_fd_prestat_get(fd, &prestat));
}
FAILS(fd_prestat_get, of_a_directory_that_was_opened) {
  struct Prestat prestat;
  EXPECT(BADF, wasi_fd_prestat_get(work, &prestat));
}
FAILS(fd_prestat_get, of_no_descriptor) {
  struct Prestat prestat;
  EXPECT(BADF, wasi_fd_prestat_get(NOT_A_DESCRIPTOR, &prestat));
}
FAILS(fd_prestat_get, across_the_end_of_memory) {
  EXPECT(FAULT, wasi_fd_prestat_get(root, before_end(7)));
}

static char name[300];

SUCCEEDS(fd_prestat_dir_name, into_a_buffer_of_its_size) {
  memset(name, '-', sizeof name);
  EXPECT(SUCCESS, wasi_fd_prestat_dir_name(root, name, (uint32_t)strlen(root_name)));
  EXPECT_TEXT(root_name, name, (uint32_t)strlen(root_name));
  EXPECT_EQUAL('-', name[strlen(root_name)]);
}
SUCCEEDS(fd_prestat_dir_name, into_a_longer_buffer) {
  EXPECT(SUCCESS, wasi_fd_prestat_dir_name(root, name, sizeof name));
  EXPECT_TEXT(root_name, name, (uint32_t)strlen(root_name));
}
FAILS(fd_prestat_dir_name, into_a_short_buffer) {
  memset(name, '-', sizeof name);
  EXPECT(NAMETOOLONG, wasi_fd_prestat_dir_name(root, name, (uint32_t)strlen(root_name) - 1));
  EXPECT_EQUAL('-', name[0]);
}
FAILS(fd_prestat_dir_name, into_no_buffer) {
  EXPECT(NAMETOOLONG, wasi_fd_prestat_dir_name(root, name, 0));
}
FAILS(fd_prestat_dir_name, of_a_directory_that_was_opened) {
  EXPECT(BADF, wasi_fd_prestat_dir_name(work, name, sizeof name));
}
FAILS(fd_prestat_dir_name, of_standard_input) {
  EXPECT(BADF, wasi_fd_prestat_dir_name(0, name, sizeof name));
}
FAILS(fd_prestat_dir_name, of_what_was_never_opened) {
  EXPECT(BADF, wasi_fd_prestat_dir_name(NEVER_OPENED, name, sizeof name));
}
FAILS(fd_prestat_dir_name, across_the_end_of_memory) {
  EXPECT(FAULT, wasi_fd_prestat_dir_name(root, before_end(1), (uint32_t)strlen(root_name)));
}

/* What a directory's entries are, as a list of them gave. */
struct Listing {
  uint32_t entries, dots, files, directories, links, wrong_inodes;
  bool ended; /* by a short buffer, as it must be */
};
static char buffer[65536];

/* Lists a directory through a buffer of `size` bytes, resuming behind the last whole entry. */
static struct Listing list(uint32_t directory, uint32_t size) {
  struct Listing listing = {0};
  uint64_t cookie = 0;
  for (int round = 0; round < 10000 && !listing.ended; ++round) {
    uint32_t used = 0;
    errno_is("setup", 0, "fd_readdir", ERRNO_SUCCESS,
             wasi_fd_readdir(directory, buffer, size, cookie, &used));
    listing.ended = used < size;
    uint32_t at = 0;
    while (used - at >= sizeof(struct Dirent)) {
      struct Dirent entry;
      memcpy(&entry, buffer + at, sizeof entry);
      const char* entry_name = buffer + at + sizeof entry;
      if (used - at - sizeof entry < entry.name_size) break;
      at += (uint32_t)sizeof entry + entry.name_size;
      cookie = entry.next;
      ++listing.entries;
      const bool parent = entry.name_size == 2 && !memcmp(entry_name, "..", 2);
      if (parent || (entry.name_size == 1 && *entry_name == '.'))
        ++listing.dots;
      else if (entry.type == FILETYPE_REGULAR_FILE)
        ++listing.files;
      else if (entry.type == FILETYPE_DIRECTORY)
        ++listing.directories;
      else if (entry.type == FILETYPE_SYMBOLIC_LINK)
        ++listing.links;
      struct Filestat stat;
      if (parent) continue;
      if (wasi_path_filestat_get(directory, 0, entry_name, entry.name_size, &stat) ||
          stat.inode != entry.inode || stat.type != entry.type) {
        ++listing.wrong_inodes;
      }
    }
  }
  return listing;
}
static void make_files(int count) {
  for (int i = 0; i < count; ++i) {
    char file[32];
    snprintf(file, sizeof file, "file%d", i);
    make_file(file, "");
  }
}

SUCCEEDS(fd_readdir, of_an_empty_directory_lists_itself_and_its_parent) {
  const struct Listing listing = list(work, sizeof buffer);
  EXPECT_EQUAL(2, listing.entries);
  EXPECT_EQUAL(2, listing.dots);
}
SUCCEEDS(fd_readdir, lists_files_directories_and_links_with_their_types) {
  make_files(3);
  make_directory("directory");
  make_symlink("file0", "link");
  const struct Listing listing = list(work, sizeof buffer);
  EXPECT_EQUAL(7, listing.entries);
  EXPECT_EQUAL(3, listing.files);
  EXPECT_EQUAL(1, listing.directories);
  EXPECT_EQUAL(1, listing.links);
}
SUCCEEDS(fd_readdir, agrees_with_filestat_on_inodes) {
  make_files(3);
  make_directory("directory");
  make_symlink("none", "link");
  EXPECT_EQUAL(0, list(work, sizeof buffer).wrong_inodes);
}
SUCCEEDS(fd_readdir, resumes_behind_each_entry) {
  make_files(20);
  const struct Listing listing = list(work, sizeof(struct Dirent) + 8);
  EXPECT_TRUE(listing.ended);
  EXPECT_EQUAL(22, listing.entries);
  EXPECT_EQUAL(20, listing.files);
}
SUCCEEDS(fd_readdir, of_150_files_in_pieces_of_any_size) {
  make_files(150);
  for (uint32_t size = 64; size < 5000; size = size * 3 + 1) {
    const struct Listing listing = list(work, size);
    EXPECT_TRUE(listing.ended);
    EXPECT_EQUAL(152, listing.entries);
    EXPECT_EQUAL(150, listing.files);
  }
}
SUCCEEDS(fd_readdir, says_that_it_ends_by_using_less_than_the_buffer) {
  uint32_t used = 0;
  EXPECT(SUCCESS, wasi_fd_readdir(work, buffer, sizeof buffer, 0, &used));
  EXPECT_EQUAL(2 * sizeof(struct Dirent) + 3, used);
}
SUCCEEDS(fd_readdir, cuts_the_last_entry_to_fill_the_buffer) {
  make_files(3);
  uint32_t used = 0;
  memset(buffer, '-', sizeof buffer);
  EXPECT(SUCCESS, wasi_fd_readdir(work, buffer, 40, 0, &used));
  EXPECT_EQUAL(40, used);
  EXPECT_EQUAL('-', buffer[40]);
}
SUCCEEDS(fd_readdir, into_less_than_an_entry) {
  uint32_t used = 0;
  EXPECT(SUCCESS, wasi_fd_readdir(work, buffer, 5, 0, &used));
  EXPECT_EQUAL(5, used);
}
SUCCEEDS(fd_readdir, into_nothing) {
  uint32_t used = 9;
  EXPECT(SUCCESS, wasi_fd_readdir(work, buffer, 0, 0, &used));
  EXPECT_EQUAL(0, used);
}
SUCCEEDS(fd_readdir, from_the_beginning_again_sees_what_is_new) {
  EXPECT_EQUAL(2, list(work, sizeof buffer).entries);
  make_files(2);
  EXPECT_EQUAL(4, list(work, sizeof buffer).entries);
  EXPECT(SUCCESS, wasi_path_unlink_file(work, PATH("file0")));
  EXPECT_EQUAL(3, list(work, sizeof buffer).entries);
}
SUCCEEDS(fd_readdir, behind_the_last_entry_gives_nothing) {
  uint32_t used = 0;
  struct Dirent last;
  EXPECT(SUCCESS, wasi_fd_readdir(work, buffer, sizeof buffer, 0, &used));
  memcpy(&last, buffer, sizeof last);
  const uint32_t second = (uint32_t)sizeof last + last.name_size;
  memcpy(&last, buffer + second, sizeof last);
  EXPECT(SUCCESS, wasi_fd_readdir(work, buffer, sizeof buffer, last.next, &used));
  EXPECT_EQUAL(0, used);
}
SUCCEEDS(fd_readdir, of_a_directory_that_was_removed_gives_nothing_more) {
  make_directory("directory");
  const uint32_t fd = open_directory("directory");
  uint32_t used = 9;
  EXPECT(SUCCESS, wasi_path_remove_directory(work, PATH("directory")));
  EXPECT_EITHER(SUCCESS, NOENT, wasi_fd_readdir(fd, buffer, sizeof buffer, 0, &used));
}
SUCCEEDS_IN(HOST, fd_readdir, of_300_entries) {
  const uint32_t fd = open_path(prepared, "many", OFLAG_DIRECTORY, DIRECTORY_RIGHTS, 0, 0);
  EXPECT_EQUAL(302, list(fd, 4096).entries);
  EXPECT_EQUAL(302, list(fd, sizeof buffer).entries);
}
SUCCEEDS_IN(HOST, fd_readdir, of_names_with_all_sorts_of_bytes) {
  const uint32_t fd = open_path(prepared, "names", OFLAG_DIRECTORY, DIRECTORY_RIGHTS, 0, 0);
  const struct Listing listing = list(fd, sizeof buffer);
  EXPECT_EQUAL(8, listing.files);
  EXPECT_EQUAL(0, listing.wrong_inodes); /* and so each could be found by its name */
}
SUCCEEDS_IN(HOST, fd_readdir, where_write_was_not_granted) {
  EXPECT_TRUE(list(read_only, sizeof buffer).files >= 1);
}
FAILS(fd_readdir, of_what_was_never_opened) {
  uint32_t used;
  EXPECT(BADF, wasi_fd_readdir(NEVER_OPENED, buffer, sizeof buffer, 0, &used));
}
FAILS(fd_readdir, of_a_file) {
  uint32_t used;
  make_file("file", "");
  EXPECT(NOTDIR, wasi_fd_readdir(open_file("file"), buffer, sizeof buffer, 0, &used));
}
FAILS_IN(HOST, fd_readdir, of_standard_input) {
  uint32_t used;
  EXPECT_EITHER(NOTDIR, NOTCAPABLE, wasi_fd_readdir(0, buffer, sizeof buffer, 0, &used));
}
FAILS(fd_readdir, without_the_right) {
  uint32_t used;
  const uint32_t fd = open_directory_without(".", RIGHT_FD_READDIR);
  EXPECT(NOTCAPABLE, wasi_fd_readdir(fd, buffer, sizeof buffer, 0, &used));
}
FAILS(fd_readdir, across_the_end_of_memory) {
  uint32_t used;
  EXPECT(FAULT, wasi_fd_readdir(work, before_end(99), 100, 0, &used));
}
FAILS(fd_readdir, with_the_result_outside_memory) {
  EXPECT(FAULT, wasi_fd_readdir(work, buffer, sizeof buffer, 0, before_end(3)));
}
