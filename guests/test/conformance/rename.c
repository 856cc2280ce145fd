/* path_rename */

#include "conformance.h"

static void make_tree(void) {
  make_file("file", "content");
  make_file("other", "other content");
  make_directory("directory");
  make_directory("full");
  make_file("full/file", "deeper content");
}
static uint32_t rename_it(const char* from, const char* to) {
  return wasi_path_rename(work, PATH(from), work, PATH(to));
}

SUCCEEDS(path_rename, of_a_file) {
  make_tree();
  EXPECT(SUCCESS, rename_it("file", "renamed"));
  EXPECT_TRUE(!exists("file"));
  EXPECT_FILE("content", "renamed");
}
SUCCEEDS(path_rename, of_a_file_into_another_directory) {
  make_tree();
  EXPECT(SUCCESS, rename_it("file", "directory/moved"));
  EXPECT_FILE("content", "directory/moved");
  EXPECT_TRUE(!exists("file"));
}
SUCCEEDS(path_rename, from_one_descriptor_to_another) {
  make_tree();
  EXPECT(SUCCESS, wasi_path_rename(open_directory("full"), PATH("file"),
                                   open_directory("directory"), PATH("moved")));
  EXPECT_FILE("deeper content", "directory/moved");
}
SUCCEEDS(path_rename, over_a_file) {
  make_tree();
  EXPECT(SUCCESS, rename_it("file", "other"));
  EXPECT_FILE("content", "other");
  EXPECT_TRUE(!exists("file"));
}
SUCCEEDS(path_rename, over_a_file_that_is_open_leaves_that_one_alone) {
  make_tree();
  const uint32_t fd = open_file("other");
  EXPECT(SUCCESS, rename_it("file", "other"));
  EXPECT_EQUAL(13, stat_of_fd(fd).size);
}
SUCCEEDS(path_rename, onto_itself) {
  make_tree();
  EXPECT(SUCCESS, rename_it("file", "file"));
  EXPECT(SUCCESS, rename_it("full", "full"));
  EXPECT_FILE("content", "file");
}
SUCCEEDS(path_rename, onto_another_name_of_the_same_file_does_nothing) {
  make_tree();
  EXPECT(SUCCESS, wasi_path_link(work, 0, PATH("file"), work, PATH("linked")));
  EXPECT(SUCCESS, rename_it("file", "linked"));
  EXPECT_TRUE(exists("file") && exists("linked"));
}
SUCCEEDS(path_rename, of_a_directory_with_what_is_in_it) {
  make_tree();
  EXPECT(SUCCESS, rename_it("full", "renamed"));
  EXPECT_FILE("deeper content", "renamed/file");
  EXPECT_TRUE(!exists("full"));
}
SUCCEEDS(path_rename, of_a_directory_with_slashes_behind) {
  make_tree();
  EXPECT(SUCCESS, rename_it("full/", "renamed"));
  EXPECT(SUCCESS, rename_it("renamed", "again/"));
  EXPECT(SUCCESS, rename_it("again/", "once_more/"));
  EXPECT_TRUE(exists("once_more/file"));
}
SUCCEEDS(path_rename, of_a_directory_over_an_empty_one) {
  make_tree();
  EXPECT(SUCCESS, rename_it("full", "directory"));
  EXPECT_FILE("deeper content", "directory/file");
}
SUCCEEDS(path_rename, of_a_link_and_not_of_what_it_names) {
  make_tree();
  make_symlink("file", "link");
  EXPECT(SUCCESS, rename_it("link", "renamed"));
  EXPECT_EQUAL(FILETYPE_SYMBOLIC_LINK, stat_of("renamed").type);
  EXPECT_TRUE(exists("file"));
}
SUCCEEDS(path_rename, over_a_link_and_not_over_what_it_names) {
  make_tree();
  make_symlink("other", "link");
  EXPECT(SUCCESS, rename_it("file", "link"));
  EXPECT_FILE("content", "link");
  EXPECT_FILE("other content", "other");
}
FAILS(path_rename, of_what_does_not_exist) {
  make_tree();
  EXPECT(NOENT, rename_it("none", "renamed"));
  EXPECT(NOENT, rename_it("none", "file"));
  EXPECT_FILE("content", "file");
}
FAILS(path_rename, into_what_does_not_exist) {
  make_tree();
  EXPECT(NOENT, rename_it("file", "none/file"));
  EXPECT_TRUE(exists("file"));
}
FAILS(path_rename, of_a_file_over_a_directory) {
  make_tree();
  EXPECT(ISDIR, rename_it("file", "directory"));
  EXPECT_TRUE(exists("file"));
}
FAILS(path_rename, of_a_directory_over_a_file) {
  make_tree();
  EXPECT(NOTDIR, rename_it("directory", "file"));
  EXPECT_FILE("content", "file");
}
FAILS(path_rename, over_a_directory_that_is_not_empty) {
  make_tree();
  EXPECT_EITHER(NOTEMPTY, EXIST, rename_it("directory", "full"));
  EXPECT_TRUE(exists("directory") && exists("full/file"));
}
FAILS(path_rename, of_a_directory_into_itself) {
  make_tree();
  EXPECT(INVAL, rename_it("full", "full/inside"));
  EXPECT_TRUE(exists("full/file"));
}
FAILS(path_rename, of_a_directory_over_its_parent) {
  make_tree();
  make_directory("full/sub");
  EXPECT_EITHER(NOTEMPTY, INVAL, rename_it("full/sub", "full"));
}
FAILS(path_rename, of_a_file_with_a_slash_behind) {
  make_tree();
  EXPECT(NOTDIR, rename_it("file/", "renamed"));
  EXPECT(NOTDIR, rename_it("file", "renamed/"));
  EXPECT_FILE("content", "file");
}
FAILS(path_rename, through_a_file) {
  make_tree();
  EXPECT(NOTDIR, rename_it("file/x", "renamed"));
  EXPECT(NOTDIR, rename_it("other", "file/x"));
}
FAILS(path_rename, of_the_directory_itself) {
  make_tree();
  EXPECT_EITHER(BUSY, INVAL, rename_it(".", "directory/renamed"));
  EXPECT_EITHER(BUSY, INVAL, rename_it("directory", "."));
  EXPECT_TRUE(exists("directory"));
}
FAILS(path_rename, of_what_lies_outside) {
  EXPECT(NOTCAPABLE, rename_it("../prepared", "renamed"));
  EXPECT(NOTCAPABLE, rename_it("..", "renamed"));
  EXPECT(NOTCAPABLE, rename_it("/etc/passwd", "renamed"));
}
FAILS(path_rename, to_the_outside) {
  make_tree();
  make_symlink("..", "up");
  EXPECT(NOTCAPABLE, rename_it("file", "../renamed"));
  EXPECT(NOTCAPABLE, rename_it("file", "directory/../../renamed"));
  EXPECT(NOTCAPABLE, rename_it("file", "up/renamed"));
  EXPECT(NOTCAPABLE, rename_it("file", "/renamed"));
  EXPECT_FILE("content", "file");
}
FAILS_IN(HOST, path_rename, out_of_a_directory_granted_without_write) {
  EXPECT(NOTCAPABLE, wasi_path_rename(read_only, PATH("file"), work, PATH("renamed")));
  EXPECT_TRUE(!exists("renamed"));
}
FAILS_IN(HOST, path_rename, into_a_directory_granted_without_write) {
  make_tree();
  EXPECT(NOTCAPABLE, wasi_path_rename(work, PATH("file"), read_only, PATH("renamed")));
  EXPECT_FILE("content", "file");
}
FAILS(path_rename, without_the_right_of_the_source) {
  make_tree();
  const uint32_t fd = open_directory_without(".", RIGHT_PATH_RENAME_SOURCE);
  EXPECT(NOTCAPABLE, wasi_path_rename(fd, PATH("file"), work, PATH("renamed")));
}
FAILS(path_rename, without_the_right_of_the_target) {
  make_tree();
  const uint32_t fd = open_directory_without(".", RIGHT_PATH_RENAME_TARGET);
  EXPECT(NOTCAPABLE, wasi_path_rename(work, PATH("file"), fd, PATH("renamed")));
}
FAILS(path_rename, with_a_bad_path) {
  make_tree();
  EXPECT(NOENT, rename_it("", "renamed"));
  EXPECT(NOENT, rename_it("file", ""));
  EXPECT_EITHER(INVAL, ILSEQ, wasi_path_rename(work, BYTES("file\0"), work, PATH("renamed")));
  EXPECT_EITHER(INVAL, ILSEQ, wasi_path_rename(work, PATH("file"), work, BYTES("renamed\0")));
  EXPECT(FAULT, wasi_path_rename(work, NOWHERE, 4, work, PATH("renamed")));
  EXPECT(FAULT, wasi_path_rename(work, PATH("file"), work, before_end(3), 4));
  EXPECT_FILE("content", "file");
}
FAILS(path_rename, in_what_is_no_directory) {
  make_tree();
  const uint32_t fd = open_file("other");
  EXPECT(BADF, wasi_path_rename(NEVER_OPENED, PATH("file"), work, PATH("renamed")));
  EXPECT(BADF, wasi_path_rename(work, PATH("file"), NEVER_OPENED, PATH("renamed")));
  EXPECT(NOTDIR, wasi_path_rename(fd, PATH("file"), work, PATH("renamed")));
  EXPECT(NOTDIR, wasi_path_rename(work, PATH("file"), fd, PATH("renamed")));
}
