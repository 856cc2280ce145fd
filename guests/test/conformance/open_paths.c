/* path_open: how a path is followed. */

#include "conformance.h"

static uint32_t opened;

static uint32_t open_path_with(uint32_t lookup, const char* path, uint32_t length,
                               uint32_t oflags) {
  opened = NOT_A_DESCRIPTOR;
  const uint64_t rights = oflags & OFLAG_CREAT ? RIGHT_FD_WRITE : RIGHT_FD_READ;
  return wasi_path_open(work, lookup, path, length, oflags, rights, 0, 0, &opened);
}
static uint32_t follow(const char* path) {
  return open_path_with(LOOKUP_SYMLINK_FOLLOW, PATH(path), 0);
}
static uint32_t open_plainly(const char* path) {
  return open_path_with(0, PATH(path), 0);
}

/* file, directory/file, directory/sub */
static void make_tree(void) {
  make_file("file", "content");
  make_directory("directory");
  make_directory("directory/sub");
  make_file("directory/file", "deeper content");
}

SUCCEEDS(path_open, of_the_directory_itself) {
  EXPECT(SUCCESS, open_plainly("."));
  EXPECT_EQUAL(stat_of_fd(work).inode, stat_of_fd(open_directory(".")).inode);
}
SUCCEEDS(path_open, down_and_up_inside) {
  make_tree();
  EXPECT(SUCCESS, open_plainly("directory/../file"));
  EXPECT(SUCCESS, open_plainly("directory/sub/../../file"));
  EXPECT(SUCCESS, open_plainly("./directory/./sub/.././file"));
  EXPECT(SUCCESS, open_plainly("directory/.."));
}
SUCCEEDS(path_open, with_more_slashes_than_needed) {
  make_tree();
  EXPECT(SUCCESS, open_plainly("directory//file"));
  EXPECT(SUCCESS, open_plainly(".///directory////.//file"));
}
SUCCEEDS(path_open, of_a_directory_with_slashes_behind) {
  make_tree();
  EXPECT(SUCCESS, open_plainly("directory/"));
  EXPECT(SUCCESS, open_plainly("directory///"));
  EXPECT(SUCCESS, open_plainly("directory/."));
}
SUCCEEDS(path_open, of_a_link_that_is_to_be_followed) {
  make_tree();
  make_symlink("directory/file", "link");
  EXPECT(SUCCESS, follow("link"));
}
SUCCEEDS(path_open, of_a_link_to_a_link) {
  make_tree();
  make_symlink("file", "one");
  make_symlink("one", "two");
  EXPECT(SUCCESS, follow("two"));
}
SUCCEEDS(path_open, through_a_link_to_a_directory) {
  make_tree();
  make_symlink("directory", "link");
  EXPECT(SUCCESS, open_plainly("link/file"));
  EXPECT(SUCCESS, follow("link"));
}
SUCCEEDS(path_open, through_a_link_that_goes_up_and_stays_inside) {
  make_tree();
  make_symlink("../../file", "directory/sub/link");
  EXPECT(SUCCESS, follow("directory/sub/link"));
}
SUCCEEDS(path_open, of_a_link_to_a_directory_with_a_slash_behind) {
  make_tree();
  make_symlink("directory", "link");
  EXPECT(SUCCESS, follow("link/"));
}
SUCCEEDS(path_open, creates_what_a_dangling_link_names) {
  make_symlink("target", "link");
  EXPECT(SUCCESS, open_path_with(LOOKUP_SYMLINK_FOLLOW, PATH("link"), OFLAG_CREAT));
  EXPECT_EQUAL(FILETYPE_REGULAR_FILE, stat_of("target").type);
}
SUCCEEDS(path_open, of_names_with_all_sorts_of_bytes) {
  static const char* const names[] = {" ",
                                      "a b",
                                      "...",
                                      "-",
                                      "\n",
                                      "\\",
                                      "a\\..\\b",
                                      ":",
                                      "%2e",
                                      "~",
                                      "*",
                                      "\xff\xfe",
                                      "gr\xc3\xbc\xc3\x9f"};
  for (unsigned i = 0; i < sizeof names / sizeof *names; ++i) {
    EXPECT(SUCCESS, open_path_with(0, PATH(names[i]), OFLAG_CREAT));
    EXPECT_TRUE(exists(names[i]));
  }
}
SUCCEEDS(path_open, of_a_name_of_255_bytes) {
  char name[256];
  memset(name, 'x', 255);
  name[255] = '\0';
  EXPECT(SUCCESS, open_path_with(0, PATH(name), OFLAG_CREAT));
}
SUCCEEDS(path_open, in_a_directory_that_was_moved) {
  make_tree();
  const uint32_t fd = open_directory("directory");
  EXPECT(SUCCESS, wasi_path_rename(work, PATH("directory"), work, PATH("moved")));
  EXPECT(SUCCESS, wasi_path_open(fd, 0, PATH("file"), 0, RIGHT_FD_READ, 0, 0, &opened));
}
FAILS(path_open, of_a_file_with_a_slash_behind) {
  make_tree();
  EXPECT(NOTDIR, open_plainly("file/"));
  EXPECT(NOTDIR, open_plainly("file/."));
  EXPECT(NOTDIR, open_plainly("directory/file//"));
}
FAILS(path_open, to_create_a_file_with_a_slash_behind) {
  EXPECT_EITHER(ISDIR, NOTDIR, open_path_with(0, PATH("new/"), OFLAG_CREAT));
  EXPECT_TRUE(!exists("new"));
}
FAILS(path_open, through_a_file) {
  make_tree();
  EXPECT(NOTDIR, open_plainly("file/x"));
  EXPECT(NOTDIR, open_plainly("file/.."));
}
FAILS(path_open, of_a_link_that_is_not_to_be_followed) {
  make_tree();
  make_symlink("file", "link");
  make_symlink("directory", "link_to_directory");
  EXPECT(LOOP, open_plainly("link"));
  EXPECT(LOOP, open_plainly("link_to_directory"));
  EXPECT_EITHER(LOOP, NOTDIR, open_path_with(0, PATH("link_to_directory"), OFLAG_DIRECTORY));
}
FAILS(path_open, of_a_dangling_link) {
  make_symlink("none", "link");
  EXPECT(NOENT, follow("link"));
  EXPECT(LOOP, open_plainly("link"));
}
FAILS(path_open, of_links_in_a_circle) {
  make_symlink("two", "one");
  make_symlink("one", "two");
  make_symlink("self", "self");
  EXPECT(LOOP, follow("one"));
  EXPECT(LOOP, follow("self"));
  EXPECT(LOOP, open_plainly("one/x"));
}
FAILS(path_open, to_create_through_a_link_that_is_not_to_be_followed) {
  make_symlink("target", "link");
  EXPECT(LOOP, open_path_with(0, PATH("link"), OFLAG_CREAT));
  EXPECT_TRUE(!exists("target"));
}
FAILS(path_open, of_an_absolute_path) {
  EXPECT(NOTCAPABLE, open_plainly("/"));
  EXPECT(NOTCAPABLE, open_plainly("/etc/passwd"));
  EXPECT(NOTCAPABLE, open_plainly("//etc//passwd"));
  EXPECT(NOTCAPABLE, open_plainly("/work"));
}
FAILS(path_open, of_what_lies_above) {
  make_tree();
  EXPECT(NOTCAPABLE, open_plainly(".."));
  EXPECT(NOTCAPABLE, open_plainly("../"));
  EXPECT(NOTCAPABLE, open_plainly("./.."));
  EXPECT(NOTCAPABLE, open_plainly("directory/../.."));
  EXPECT(NOTCAPABLE, open_plainly("directory/sub/../../.."));
}
FAILS(path_open, of_a_path_that_leaves_and_comes_back) {
  static const char* const prefixes[] = {"../", "directory/../../", "./../"};
  make_tree();
  for (unsigned i = 0; i < 3; ++i) EXPECT(NOTCAPABLE, open_plainly(prefixes[i]));
  make_symlink("../directory/file", "link");
  EXPECT(NOTCAPABLE, follow("link"));
}
FAILS(path_open, of_a_link_that_leads_above) {
  make_tree();
  make_symlink("..", "link");
  make_symlink("../..", "directory/link");
  EXPECT(NOTCAPABLE, follow("link"));
  EXPECT(NOTCAPABLE, open_plainly("link/x"));
  EXPECT(NOTCAPABLE, open_plainly("directory/link/x"));
}
FAILS_IN(HOST, path_open, of_a_link_of_the_host_that_leads_out) {
  const uint32_t lookup = LOOKUP_SYMLINK_FOLLOW;
  const uint64_t read = RIGHT_FD_READ;
  EXPECT(NOTCAPABLE,
         wasi_path_open(prepared, lookup, PATH("escape_relative"), 0, read, 0, 0, &opened));
  EXPECT(NOTCAPABLE,
         wasi_path_open(prepared, lookup, PATH("escape_absolute"), 0, read, 0, 0, &opened));
  EXPECT(NOTCAPABLE,
         wasi_path_open(prepared, lookup, PATH("escape_directory/secret"), 0, read, 0, 0, &opened));
}
FAILS_IN(HOST, path_open, to_create_through_a_dangling_link_that_leads_out) {
  EXPECT(NOTCAPABLE, wasi_path_open(prepared, LOOKUP_SYMLINK_FOLLOW, PATH("escape_dangling"),
                                    OFLAG_CREAT, RIGHT_FD_WRITE, 0, 0, &opened));
}
FAILS(path_open, of_an_empty_path) {
  EXPECT(NOENT, open_path_with(0, "", 0, 0));
}
FAILS(path_open, of_a_path_with_a_nul) {
  make_tree();
  EXPECT_EITHER(INVAL, ILSEQ, open_path_with(0, BYTES("file\0"), 0));
  EXPECT_EITHER(INVAL, ILSEQ, open_path_with(0, BYTES("\0file"), 0));
  EXPECT_EITHER(INVAL, ILSEQ, open_path_with(0, BYTES("fi\0le"), 0));
  EXPECT_EITHER(INVAL, ILSEQ, open_path_with(0, BYTES("directory\0/file"), 0));
}
FAILS(path_open, of_a_name_of_256_bytes) {
  char name[257];
  memset(name, 'x', 256);
  name[256] = '\0';
  EXPECT(NAMETOOLONG, open_plainly(name));
  EXPECT(NAMETOOLONG, open_path_with(0, PATH(name), OFLAG_CREAT));
}
FAILS(path_open, of_a_path_longer_than_any) {
  static char path[70001];
  memset(path, '/', 70000);
  path[0] = '.';
  EXPECT(NAMETOOLONG, open_plainly(path));
}
FAILS(path_open, of_a_path_as_long_as_memory) {
  EXPECT_EITHER(FAULT, NAMETOOLONG, open_path_with(0, "x", 0xffffffffu, 0));
}
