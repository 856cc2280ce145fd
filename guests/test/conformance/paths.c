/* path_create_directory, path_remove_directory, path_unlink_file. */

#include "conformance.h"

static void make_tree(void) {
  make_file("file", "content");
  make_directory("directory");
  make_symlink("directory", "link");
}
static uint32_t create(const char* path) {
  return wasi_path_create_directory(work, PATH(path));
}
static uint32_t remove_it(const char* path) {
  return wasi_path_remove_directory(work, PATH(path));
}
static uint32_t unlink_it(const char* path) {
  return wasi_path_unlink_file(work, PATH(path));
}

SUCCEEDS(path_create_directory, in_a_directory) {
  EXPECT(SUCCESS, create("new"));
  EXPECT_EQUAL(FILETYPE_DIRECTORY, stat_of("new").type);
}
SUCCEEDS(path_create_directory, further_down) {
  EXPECT(SUCCESS, create("one"));
  EXPECT(SUCCESS, create("one/two"));
  EXPECT(SUCCESS, create("one/../three"));
  EXPECT_TRUE(exists("one/two") && exists("three"));
}
SUCCEEDS(path_create_directory, with_a_slash_behind) {
  EXPECT(SUCCESS, create("new/"));
  EXPECT(SUCCESS, create("newer///"));
  EXPECT_TRUE(exists("new") && exists("newer"));
}
SUCCEEDS(path_create_directory, through_a_link) {
  make_tree();
  EXPECT(SUCCESS, create("link/new"));
  EXPECT_TRUE(exists("directory/new"));
}
FAILS(path_create_directory, where_something_is) {
  make_tree();
  make_symlink("none", "dangling");
  EXPECT(EXIST, create("directory"));
  EXPECT(EXIST, create("directory/"));
  EXPECT(EXIST, create("file"));
  EXPECT(EXIST, create("link"));
  EXPECT(EXIST, create("dangling"));
}
FAILS(path_create_directory, that_is_the_directory_itself) {
  EXPECT(EXIST, create("."));
  EXPECT(EXIST, create("./"));
}
FAILS(path_create_directory, below_what_does_not_exist) {
  EXPECT(NOENT, create("none/new"));
}
FAILS(path_create_directory, below_a_file) {
  make_tree();
  EXPECT(NOTDIR, create("file/new"));
}
FAILS(path_create_directory, outside) {
  make_tree();
  make_symlink("..", "up");
  EXPECT(NOTCAPABLE, create(".."));
  EXPECT(NOTCAPABLE, create("../new"));
  EXPECT(NOTCAPABLE, create("directory/../../new"));
  EXPECT(NOTCAPABLE, create("/new"));
  EXPECT(NOTCAPABLE, create("up/new"));
}
FAILS(path_create_directory, with_a_bad_path) {
  EXPECT(NOENT, create(""));
  EXPECT_EITHER(INVAL, ILSEQ, wasi_path_create_directory(work, BYTES("new\0")));
  EXPECT(FAULT, wasi_path_create_directory(work, before_end(3), 4));
}
FAILS(path_create_directory, with_a_long_name) {
  char name[257];
  memset(name, 'x', 256);
  name[256] = '\0';
  EXPECT(NAMETOOLONG, create(name));
}
FAILS(path_create_directory, without_the_right) {
  const uint32_t fd = open_directory_without(".", RIGHT_PATH_CREATE_DIRECTORY);
  EXPECT(NOTCAPABLE, wasi_path_create_directory(fd, PATH("new")));
}
FAILS_IN(HOST, path_create_directory, where_write_was_not_granted) {
  EXPECT(NOTCAPABLE, wasi_path_create_directory(read_only, PATH("new")));
}
FAILS(path_create_directory, in_what_is_no_directory) {
  make_tree();
  EXPECT(BADF, wasi_path_create_directory(NEVER_OPENED, PATH("new")));
  EXPECT(NOTDIR, wasi_path_create_directory(open_file("file"), PATH("new")));
}

SUCCEEDS(path_remove_directory, that_is_empty) {
  make_tree();
  EXPECT(SUCCESS, remove_it("directory"));
  EXPECT_TRUE(!exists("directory"));
}
SUCCEEDS(path_remove_directory, with_a_slash_behind) {
  make_tree();
  EXPECT(SUCCESS, remove_it("directory/"));
  EXPECT_TRUE(!exists("directory"));
}
SUCCEEDS(path_remove_directory, that_is_open) {
  make_tree();
  const uint32_t fd = open_directory("directory");
  EXPECT(SUCCESS, remove_it("directory"));
  EXPECT(NOENT, wasi_path_create_directory(fd, PATH("new")));
}
FAILS(path_remove_directory, that_is_not_empty) {
  make_tree();
  make_file("directory/file", "");
  EXPECT(NOTEMPTY, remove_it("directory"));
  EXPECT_TRUE(exists("directory/file"));
}
FAILS(path_remove_directory, that_is_a_file) {
  make_tree();
  EXPECT(NOTDIR, remove_it("file"));
  EXPECT(NOTDIR, remove_it("file/"));
  EXPECT_TRUE(exists("file"));
}
FAILS(path_remove_directory, that_is_a_link) {
  make_tree();
  EXPECT(NOTDIR, remove_it("link"));
  EXPECT(NOTDIR, remove_it("link/"));
  EXPECT_TRUE(exists("link") && exists("directory"));
}
FAILS(path_remove_directory, that_does_not_exist) {
  EXPECT(NOENT, remove_it("none"));
  EXPECT(NOENT, remove_it("none/"));
}
FAILS(path_remove_directory, that_is_the_directory_itself) {
  EXPECT(INVAL, remove_it("."));
}
FAILS(path_remove_directory, by_the_name_of_a_parent) {
  make_tree();
  EXPECT(NOTEMPTY, remove_it("directory/.."));
}
FAILS(path_remove_directory, outside) {
  EXPECT(NOTCAPABLE, remove_it(".."));
  EXPECT(NOTCAPABLE, remove_it("../none"));
  EXPECT(NOTCAPABLE, remove_it("/"));
}
FAILS(path_remove_directory, with_a_bad_path) {
  make_tree();
  EXPECT(NOENT, remove_it(""));
  EXPECT_EITHER(INVAL, ILSEQ, wasi_path_remove_directory(work, BYTES("directory\0")));
  EXPECT(FAULT, wasi_path_remove_directory(work, NOWHERE, 4));
  EXPECT_TRUE(exists("directory"));
}
FAILS(path_remove_directory, without_the_right) {
  make_tree();
  const uint32_t fd = open_directory_without(".", RIGHT_PATH_REMOVE_DIRECTORY);
  EXPECT(NOTCAPABLE, wasi_path_remove_directory(fd, PATH("directory")));
  EXPECT_TRUE(exists("directory"));
}
FAILS_IN(HOST, path_remove_directory, where_write_was_not_granted) {
  EXPECT(NOTCAPABLE, wasi_path_remove_directory(read_only, PATH("directory")));
}
FAILS(path_remove_directory, in_what_is_no_directory) {
  make_tree();
  EXPECT(BADF, wasi_path_remove_directory(NEVER_OPENED, PATH("directory")));
  EXPECT(NOTDIR, wasi_path_remove_directory(open_file("file"), PATH("directory")));
}

SUCCEEDS(path_unlink_file, that_is_a_file) {
  make_tree();
  EXPECT(SUCCESS, unlink_it("file"));
  EXPECT_TRUE(!exists("file"));
}
SUCCEEDS(path_unlink_file, that_is_a_link_and_not_what_it_names) {
  make_tree();
  make_symlink("file", "link_to_file");
  EXPECT(SUCCESS, unlink_it("link_to_file"));
  EXPECT(SUCCESS, unlink_it("link"));
  EXPECT_TRUE(!exists("link") && !exists("link_to_file"));
  EXPECT_TRUE(exists("file") && exists("directory"));
}
SUCCEEDS(path_unlink_file, that_is_a_dangling_link) {
  make_symlink("none", "link");
  EXPECT(SUCCESS, unlink_it("link"));
  EXPECT_TRUE(!exists("link"));
}
SUCCEEDS(path_unlink_file, through_a_link_to_its_directory) {
  make_tree();
  make_file("directory/file", "");
  EXPECT(SUCCESS, unlink_it("link/file"));
  EXPECT_TRUE(!exists("directory/file"));
}
SUCCEEDS(path_unlink_file, that_has_another_name) {
  make_tree();
  EXPECT(SUCCESS, wasi_path_link(work, 0, PATH("file"), work, PATH("other")));
  EXPECT(SUCCESS, unlink_it("file"));
  EXPECT_FILE("content", "other");
}
FAILS(path_unlink_file, that_is_a_directory) {
  make_tree();
  EXPECT_EITHER(ISDIR, PERM, unlink_it("directory"));
  EXPECT_EITHER(ISDIR, PERM, unlink_it("directory/"));
  EXPECT_TRUE(exists("directory"));
}
FAILS(path_unlink_file, that_is_the_directory_itself) {
  EXPECT_EITHER(ISDIR, PERM, unlink_it("."));
  make_tree();
  EXPECT_EITHER(ISDIR, PERM, unlink_it("directory/.."));
}
FAILS(path_unlink_file, that_does_not_exist) {
  EXPECT(NOENT, unlink_it("none"));
}
FAILS(path_unlink_file, with_a_slash_behind) {
  make_tree();
  make_symlink("file", "link_to_file");
  EXPECT(NOTDIR, unlink_it("file/"));
  EXPECT(NOTDIR, unlink_it("link_to_file/"));
  EXPECT_TRUE(exists("file") && exists("link_to_file"));
}
FAILS(path_unlink_file, through_a_file) {
  make_tree();
  EXPECT(NOTDIR, unlink_it("file/x"));
}
FAILS(path_unlink_file, outside) {
  make_symlink("..", "up");
  EXPECT(NOTCAPABLE, unlink_it("../file"));
  EXPECT(NOTCAPABLE, unlink_it(".."));
  EXPECT(NOTCAPABLE, unlink_it("up/file"));
  EXPECT(NOTCAPABLE, unlink_it("/file"));
}
FAILS_IN(HOST, path_unlink_file, through_a_link_of_the_host_that_leads_out) {
  EXPECT(NOTCAPABLE, wasi_path_unlink_file(prepared, PATH("escape_directory/secret")));
}
FAILS(path_unlink_file, with_a_bad_path) {
  make_tree();
  EXPECT(NOENT, unlink_it(""));
  EXPECT_EITHER(INVAL, ILSEQ, wasi_path_unlink_file(work, BYTES("file\0")));
  EXPECT(FAULT, wasi_path_unlink_file(work, before_end(3), 4));
  EXPECT_TRUE(exists("file"));
}
FAILS(path_unlink_file, without_the_right) {
  make_tree();
  const uint32_t fd = open_directory_without(".", RIGHT_PATH_UNLINK_FILE);
  EXPECT(NOTCAPABLE, wasi_path_unlink_file(fd, PATH("file")));
  EXPECT_TRUE(exists("file"));
}
FAILS_IN(HOST, path_unlink_file, where_write_was_not_granted) {
  EXPECT(NOTCAPABLE, wasi_path_unlink_file(read_only, PATH("file")));
}
FAILS(path_unlink_file, in_what_is_no_directory) {
  make_tree();
  EXPECT(BADF, wasi_path_unlink_file(NEVER_OPENED, PATH("file")));
  EXPECT(NOTDIR, wasi_path_unlink_file(open_file("file"), PATH("file")));
}
