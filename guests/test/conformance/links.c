/* path_link, path_symlink, path_readlink. */

#include "conformance.h"

static void make_tree(void) {
  make_file("file", "content");
  make_directory("directory");
  make_symlink("file", "link");
}
static uint32_t link_it(const char* from, const char* to) {
  return wasi_path_link(work, 0, PATH(from), work, PATH(to));
}
static uint32_t symlink_it(const char* target, const char* name) {
  return wasi_path_symlink(PATH(target), work, PATH(name));
}

SUCCEEDS(path_link, gives_a_file_another_name) {
  make_tree();
  EXPECT(SUCCESS, link_it("file", "linked"));
  EXPECT_EQUAL(stat_of("file").inode, stat_of("linked").inode);
  EXPECT_EQUAL(2, stat_of("file").links);
}
SUCCEEDS(path_link, in_another_directory) {
  make_tree();
  EXPECT(SUCCESS, link_it("file", "directory/linked"));
  EXPECT_FILE("content", "directory/linked");
}
SUCCEEDS(path_link, from_one_descriptor_to_another) {
  make_tree();
  EXPECT(SUCCESS,
         wasi_path_link(work, 0, PATH("file"), open_directory("directory"), PATH("linked")));
  EXPECT_FILE("content", "directory/linked");
}
SUCCEEDS(path_link, shares_what_is_written) {
  make_tree();
  uint32_t size;
  EXPECT(SUCCESS, link_it("file", "linked"));
  EXPECT(SUCCESS, write_text(open_file("linked"), "C", &size));
  EXPECT_FILE("Content", "file");
}
SUCCEEDS(path_link, of_a_link_and_not_of_what_it_names) {
  make_tree();
  make_symlink("none", "dangling");
  EXPECT(SUCCESS, link_it("link", "linked"));
  EXPECT(SUCCESS, link_it("dangling", "linked_too"));
  EXPECT_EQUAL(FILETYPE_SYMBOLIC_LINK, stat_of("linked").type);
  EXPECT_EQUAL(1, stat_of("file").links);
}
SUCCEEDS(path_link, of_a_link_to_itself) {
  make_symlink("self", "self");
  EXPECT(SUCCESS, link_it("self", "linked"));
  EXPECT_EQUAL(FILETYPE_SYMBOLIC_LINK, stat_of("linked").type);
}
FAILS(path_link, that_is_to_follow_a_link) {
  make_tree();
  EXPECT_EITHER(INVAL, NOTSUP,
                wasi_path_link(work, LOOKUP_SYMLINK_FOLLOW, PATH("link"), work, PATH("linked")));
  EXPECT_TRUE(!exists("linked"));
}
FAILS(path_link, of_what_does_not_exist) {
  EXPECT(NOENT, link_it("none", "linked"));
}
FAILS(path_link, where_something_is) {
  make_tree();
  EXPECT(EXIST, link_it("file", "file"));
  EXPECT(EXIST, link_it("file", "directory"));
  EXPECT(EXIST, link_it("file", "link"));
  make_symlink("none", "dangling");
  EXPECT(EXIST, link_it("file", "dangling"));
}
FAILS(path_link, of_a_directory) {
  make_tree();
  EXPECT(PERM, link_it("directory", "linked"));
  EXPECT(PERM, link_it("directory/", "linked"));
  EXPECT(PERM, link_it(".", "linked"));
  EXPECT_TRUE(!exists("linked"));
}
FAILS(path_link, to_a_name_with_a_slash_behind) {
  make_tree();
  EXPECT_EITHER(NOENT, NOTDIR, link_it("file", "linked/"));
  EXPECT_TRUE(!exists("linked"));
}
FAILS(path_link, of_a_file_with_a_slash_behind) {
  make_tree();
  EXPECT_EITHER(NOTDIR, PERM, link_it("file/", "linked"));
  EXPECT_TRUE(!exists("linked"));
}
FAILS(path_link, into_what_does_not_exist) {
  make_tree();
  EXPECT(NOENT, link_it("file", "none/linked"));
}
FAILS(path_link, of_what_lies_outside) {
  EXPECT(NOTCAPABLE, link_it("../file", "linked"));
  EXPECT(NOTCAPABLE, link_it("/etc/passwd", "linked"));
}
FAILS(path_link, to_the_outside) {
  make_tree();
  make_symlink("..", "up");
  EXPECT(NOTCAPABLE, link_it("file", "../linked"));
  EXPECT(NOTCAPABLE, link_it("file", "up/linked"));
  EXPECT(NOTCAPABLE, link_it("file", "/linked"));
}
FAILS_IN(HOST, path_link, of_what_lies_behind_a_link_that_leads_out) {
  EXPECT(NOTCAPABLE,
         wasi_path_link(prepared, 0, PATH("escape_directory/secret"), work, PATH("linked")));
}
FAILS_IN(HOST, path_link, of_a_file_that_was_granted_without_write) {
  EXPECT(NOTCAPABLE, wasi_path_link(read_only, 0, PATH("file"), work, PATH("linked")));
}
FAILS(path_link, without_the_right_of_the_source) {
  make_tree();
  const uint32_t fd = open_directory_without(".", RIGHT_PATH_LINK_SOURCE);
  EXPECT(NOTCAPABLE, wasi_path_link(fd, 0, PATH("file"), work, PATH("linked")));
}
FAILS(path_link, without_the_right_of_the_target) {
  make_tree();
  const uint32_t fd = open_directory_without(".", RIGHT_PATH_LINK_TARGET);
  EXPECT(NOTCAPABLE, wasi_path_link(work, 0, PATH("file"), fd, PATH("linked")));
}
FAILS(path_link, with_a_bad_path) {
  make_tree();
  EXPECT(NOENT, link_it("", "linked"));
  EXPECT(NOENT, link_it("file", ""));
  EXPECT_EITHER(INVAL, ILSEQ, wasi_path_link(work, 0, BYTES("file\0"), work, PATH("linked")));
  EXPECT_EITHER(INVAL, ILSEQ, wasi_path_link(work, 0, PATH("file"), work, BYTES("linked\0")));
  EXPECT(FAULT, wasi_path_link(work, 0, NOWHERE, 4, work, PATH("linked")));
  EXPECT(FAULT, wasi_path_link(work, 0, PATH("file"), work, before_end(3), 4));
}
FAILS(path_link, in_what_is_no_directory) {
  make_tree();
  EXPECT(BADF, wasi_path_link(NEVER_OPENED, 0, PATH("file"), work, PATH("linked")));
  EXPECT(BADF, wasi_path_link(work, 0, PATH("file"), NEVER_OPENED, PATH("linked")));
  EXPECT(NOTDIR, wasi_path_link(work, 0, PATH("file"), open_file("file"), PATH("linked")));
}

SUCCEEDS(path_symlink, to_a_file) {
  make_tree();
  EXPECT(SUCCESS, symlink_it("file", "new"));
  EXPECT_EQUAL(FILETYPE_SYMBOLIC_LINK, stat_of("new").type);
}
SUCCEEDS(path_symlink, to_what_does_not_exist) {
  EXPECT(SUCCESS, symlink_it("none/at/all", "new"));
  EXPECT_EQUAL(11, stat_of("new").size);
}
SUCCEEDS(path_symlink, in_another_directory) {
  make_tree();
  EXPECT(SUCCESS, symlink_it("../file", "directory/new"));
  EXPECT_EQUAL(FILETYPE_SYMBOLIC_LINK, stat_of("directory/new").type);
}
FAILS(path_symlink, to_an_absolute_path) {
  EXPECT_EITHER(NOTCAPABLE, PERM, symlink_it("/etc/passwd", "new"));
  EXPECT_EITHER(NOTCAPABLE, PERM, symlink_it("/", "new"));
  EXPECT_TRUE(!exists("new"));
}
FAILS(path_symlink, where_something_is) {
  make_tree();
  EXPECT(EXIST, symlink_it("x", "file"));
  EXPECT(EXIST, symlink_it("x", "directory"));
  EXPECT(EXIST, symlink_it("x", "link"));
  EXPECT(EXIST, symlink_it("x", "directory/"));
}
FAILS(path_symlink, with_a_slash_behind) {
  EXPECT_EITHER(NOENT, NOTDIR, symlink_it("x", "new/"));
  EXPECT_TRUE(!exists("new"));
}
FAILS(path_symlink, into_what_does_not_exist) {
  EXPECT(NOENT, symlink_it("x", "none/new"));
}
FAILS(path_symlink, outside) {
  EXPECT(NOTCAPABLE, symlink_it("x", "../new"));
  EXPECT(NOTCAPABLE, symlink_it("x", "/new"));
}
FAILS(path_symlink, to_an_empty_target) {
  EXPECT_EITHER(NOENT, INVAL, symlink_it("", "new"));
}
FAILS(path_symlink, with_a_bad_path) {
  EXPECT(NOENT, symlink_it("x", ""));
  EXPECT_EITHER(INVAL, ILSEQ, wasi_path_symlink(BYTES("x\0"), work, PATH("new")));
  EXPECT_EITHER(INVAL, ILSEQ, wasi_path_symlink(PATH("x"), work, BYTES("new\0")));
  EXPECT(FAULT, wasi_path_symlink(NOWHERE, 4, work, PATH("new")));
  EXPECT(FAULT, wasi_path_symlink(PATH("x"), work, before_end(3), 4));
  EXPECT_TRUE(!exists("new"));
}
FAILS(path_symlink, with_a_target_longer_than_any) {
  static char target[70001];
  memset(target, 'x', 70000);
  EXPECT(NAMETOOLONG, symlink_it(target, "new"));
}
FAILS(path_symlink, without_the_right) {
  const uint32_t fd = open_directory_without(".", RIGHT_PATH_SYMLINK);
  EXPECT(NOTCAPABLE, wasi_path_symlink(PATH("x"), fd, PATH("new")));
}
FAILS_IN(HOST, path_symlink, where_write_was_not_granted) {
  EXPECT(NOTCAPABLE, wasi_path_symlink(PATH("x"), read_only, PATH("new")));
}
FAILS(path_symlink, in_what_is_no_directory) {
  make_tree();
  EXPECT(BADF, wasi_path_symlink(PATH("x"), NEVER_OPENED, PATH("new")));
  EXPECT(NOTDIR, wasi_path_symlink(PATH("x"), open_file("file"), PATH("new")));
}

static char buffer[128];
static uint32_t used;
static uint32_t read_it(const char* name, uint32_t size) {
  memset(buffer, '-', sizeof buffer);
  used = 99;
  return wasi_path_readlink(work, PATH(name), buffer, size, &used);
}

SUCCEEDS(path_readlink, of_a_link) {
  make_symlink("some/target", "link");
  EXPECT(SUCCESS, read_it("link", sizeof buffer));
  EXPECT_TEXT("some/target", buffer, used);
  EXPECT_EQUAL('-', buffer[used]);
}
SUCCEEDS(path_readlink, into_a_buffer_of_its_size) {
  make_symlink("some/target", "link");
  EXPECT(SUCCESS, read_it("link", 11));
  EXPECT_TEXT("some/target", buffer, used);
}
SUCCEEDS(path_readlink, into_a_short_buffer_is_cut) {
  make_symlink("some/target", "link");
  EXPECT(SUCCESS, read_it("link", 4));
  EXPECT_TEXT("some", buffer, used);
  EXPECT_EQUAL('-', buffer[4]);
}
SUCCEEDS(path_readlink, through_a_link) {
  make_directory("directory");
  make_symlink("target", "directory/link");
  make_symlink("directory", "way");
  EXPECT(SUCCESS, read_it("way/link", sizeof buffer));
  EXPECT_TEXT("target", buffer, used);
}
SUCCEEDS_IN(HOST, path_readlink, of_a_link_that_leads_out) {
  EXPECT(SUCCESS,
         wasi_path_readlink(prepared, PATH("escape_relative"), buffer, sizeof buffer, &used));
  EXPECT_TEXT("../../secret", buffer, used);
}
FAILS(path_readlink, into_no_buffer) {
  make_symlink("target", "link");
  /* Nothing fits: an empty answer, or the refusal that Linux gives. */
  EXPECT_EITHER(SUCCESS, INVAL, read_it("link", 0));
  EXPECT_TRUE(used == 0 || used == 99);
}
FAILS(path_readlink, of_what_is_no_link) {
  make_tree();
  EXPECT(INVAL, read_it("file", sizeof buffer));
  EXPECT(INVAL, read_it("directory", sizeof buffer));
  EXPECT(INVAL, read_it(".", sizeof buffer));
}
FAILS(path_readlink, of_what_does_not_exist) {
  EXPECT(NOENT, read_it("none", sizeof buffer));
  EXPECT(NOENT, read_it("none/x", sizeof buffer));
}
FAILS(path_readlink, with_a_slash_behind) {
  make_tree();
  EXPECT(NOTDIR, read_it("link/", sizeof buffer));
}
FAILS(path_readlink, outside) {
  EXPECT(NOTCAPABLE, read_it("../link", sizeof buffer));
  EXPECT(NOTCAPABLE, read_it("/proc/self/exe", sizeof buffer));
}
FAILS_IN(HOST, path_readlink, behind_a_link_that_leads_out) {
  EXPECT(NOTCAPABLE, wasi_path_readlink(prepared, PATH("escape_directory/secret_link"), buffer,
                                        sizeof buffer, &used));
}
FAILS(path_readlink, with_a_bad_path) {
  EXPECT(NOENT, read_it("", sizeof buffer));
  EXPECT_EITHER(INVAL, ILSEQ,
                wasi_path_readlink(work, BYTES("link\0"), buffer, sizeof buffer, &used));
  EXPECT(FAULT, wasi_path_readlink(work, NOWHERE, 4, buffer, sizeof buffer, &used));
}
FAILS(path_readlink, into_a_buffer_across_the_end_of_memory) {
  make_symlink("target", "link");
  EXPECT(FAULT, wasi_path_readlink(work, PATH("link"), before_end(3), 4, &used));
}
FAILS(path_readlink, with_the_result_outside_memory) {
  make_symlink("target", "link");
  EXPECT(FAULT, wasi_path_readlink(work, PATH("link"), buffer, sizeof buffer, before_end(3)));
}
FAILS(path_readlink, without_the_right) {
  make_symlink("target", "link");
  const uint32_t fd = open_directory_without(".", RIGHT_PATH_READLINK);
  EXPECT(NOTCAPABLE, wasi_path_readlink(fd, PATH("link"), buffer, sizeof buffer, &used));
}
FAILS(path_readlink, in_what_is_no_directory) {
  make_tree();
  EXPECT(BADF, wasi_path_readlink(NEVER_OPENED, PATH("link"), buffer, sizeof buffer, &used));
  EXPECT(NOTDIR, wasi_path_readlink(open_file("file"), PATH("link"), buffer, sizeof buffer, &used));
}
