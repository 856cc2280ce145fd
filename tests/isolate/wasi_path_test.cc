#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "tests/isolate/wasi_guest.h"

namespace skiff::testing {
namespace {

using wasi::Errno;
using OpenOptions = WasiGuest::OpenOptions;

/// Descriptor 3 is granted with write, 4 the same directory without. A secret lies beside it.
class WasiPath : public ::testing::Test {
 protected:
  WasiPath() {
    std::filesystem::create_directories(inside() / "sub" / "deep");
    outside_.write("secret", "secret");
    outside_.write("inside/file", "content");
    outside_.write("inside/sub/other", "other");
    guest_.grant(inside(), "/data", true);
    guest_.grant(inside(), "/shown", false);
  }

  std::filesystem::path inside() const { return outside_.path() / "inside"; }
  void link(const std::string& target, const std::string& name) {
    std::filesystem::create_symlink(target, inside() / name);
  }
  /// Calls a function whose arguments are a directory and a path.
  Errno onPath(std::string_view function, std::string_view path, std::uint32_t directory = 3) {
    return guest_.errorOf(function, {directory, guest_.put(path), path.size()});
  }
  Errno rename(std::string_view from, std::string_view to) {
    return guest_.errorOf("path_rename",
                          {3, guest_.put(from), from.size(), 3, guest_.put(to), to.size()});
  }
  Errno hardLink(std::string_view from, std::string_view to, std::uint32_t lookup = 0) {
    return guest_.errorOf("path_link",
                          {3, lookup, guest_.put(from), from.size(), 3, guest_.put(to), to.size()});
  }
  Errno symlink(std::string_view target, std::string_view name) {
    return guest_.errorOf("path_symlink",
                          {guest_.put(target), target.size(), 3, guest_.put(name), name.size()});
  }
  Errno stat(std::string_view path, std::uint32_t lookup = 0) {
    return guest_.errorOf("path_filestat_get", {3, lookup, guest_.put(path), path.size(), 128});
  }

  TemporaryDirectory outside_;
  WasiGuest guest_;
};

struct Escape {
  const char* name;
  std::string path;
  std::set<Errno> errors;
};

void PrintTo(const Escape& escape, std::ostream* out) {
  *out << escape.name;
}

class WasiEscape : public WasiPath, public ::testing::WithParamInterface<Escape> {};

const std::set<Errno> kRefused = {Errno::notcapable};

INSTANTIATE_TEST_SUITE_P(
    Paths, WasiEscape,
    ::testing::Values(
        Escape{"Parent", "..", kRefused}, Escape{"FileOfParent", "../secret", kRefused},
        Escape{"OutAndInAgain", "../inside/file", kRefused},
        Escape{"DownAndOut", "sub/../../secret", kRefused},
        Escape{"DownUpAndInAgain", "sub/deep/../../../inside/file", kRefused},
        Escape{"Absolute", "/etc/passwd", kRefused}, Escape{"AbsoluteRoot", "/", kRefused},
        Escape{"DoubleSlash", "//etc/passwd", kRefused}, Escape{"LinkOut", "out", kRefused},
        Escape{"LinkOutAbsolute", "absolute", kRefused},
        Escape{"LinkToParent", "parent/secret", kRefused},
        Escape{"LinkToLinkOut", "twice", kRefused},
        Escape{"DirectoryLinkOut", "etc/passwd", kRefused},
        Escape{"LinkLoop", "loop", {Errno::loop}}, Escape{"LoopInside", "loop/x", {Errno::loop}},
        Escape{"MagicLink", "self/root/etc/passwd", kRefused},
        Escape{"Nul", std::string("file\0", 5), {Errno::inval}},
        Escape{"NulInside", std::string("fi\0le", 5), {Errno::inval}},
        Escape{"Empty", "", {Errno::noent}},
        Escape{"SlashBehindFile", "file/", {Errno::notdir, Errno::isdir}},
        Escape{"FileAsDirectory", "file/x", {Errno::notdir}},
        Escape{"LongName", std::string(256, 'x'), {Errno::nametoolong}},
        Escape{"LongPath", std::string(4'096, '/'), {Errno::nametoolong}}),
    [](const auto& each) { return each.param.name; });

TEST_P(WasiEscape, is_refused_by_every_function_that_follows_a_path) {
  link("../secret", "out");
  link((outside_.path() / "secret").string(), "absolute");
  link("..", "parent");
  link("out", "twice");
  link("/etc", "etc");
  link("loop", "loop");
  link("/proc/self", "self");
  const Escape& escape = GetParam();
  const std::string& path = escape.path;
  const auto expectRefused = [&](const char* function, Errno error) {
    EXPECT_TRUE(escape.errors.contains(error))
        << function << " answers errno " << static_cast<int>(error);
  };
  expectRefused("path_open", guest_.open(path, {.lookup = wasi::kSymlinkFollow}));
  expectRefused("path_open to create", guest_.open(path, {.lookup = wasi::kSymlinkFollow,
                                                          .flags = wasi::kCreate,
                                                          .rights = wasi::kFdWrite}));
  expectRefused("path_filestat_get", stat(path, wasi::kSymlinkFollow));
  expectRefused("path_filestat_set_times",
                guest_.errorOf("path_filestat_set_times",
                               {3, wasi::kSymlinkFollow, guest_.put(path), path.size(), 0, 0, 10}));
  EXPECT_EQ(outside_.read("secret"), "secret");
}

TEST_P(WasiEscape, is_refused_or_stays_inside_when_entries_change) {
  link("../secret", "out");
  link((outside_.path() / "secret").string(), "absolute");
  link("..", "parent");
  link("out", "twice");
  link("/etc", "etc");
  link("loop", "loop");
  link("/proc/self", "self");
  const std::string& path = GetParam().path;
  // Some change the link itself, which lies inside; what they must not do is reach out.
  onPath("path_unlink_file", path);
  onPath("path_remove_directory", path);
  onPath("path_create_directory", path);
  rename("file", path);
  rename(path, "renamed");
  hardLink(path, "linked");
  symlink("x", path);
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(outside_.path())) {
    names.insert(entry.path().filename());
  }
  EXPECT_EQ(names, (std::set<std::string>{"inside", "secret"}));
  EXPECT_EQ(outside_.read("secret"), "secret");
  EXPECT_TRUE(std::filesystem::exists("/etc/passwd"));
  struct stat secret {};
  ASSERT_EQ(::stat((outside_.path() / "secret").c_str(), &secret), 0);
  EXPECT_EQ(secret.st_nlink, 1u);
}

TEST_F(WasiPath, may_go_up_and_down_inside) {
  EXPECT_EQ(guest_.open("sub/.//deep/../../sub/deep/..///./other"), Errno::success);
  EXPECT_EQ(guest_.read(guest_.result(), 10), "other");
  EXPECT_EQ(guest_.open("sub///"), Errno::success);
}

TEST_F(WasiPath, follows_links_inside_if_asked_to) {
  link("sub", "link");
  EXPECT_EQ(guest_.open("link/other"), Errno::success);
  EXPECT_EQ(guest_.open("link", {.lookup = wasi::kSymlinkFollow, .flags = wasi::kDirectory}),
            Errno::success);
  EXPECT_EQ(guest_.open("link"), Errno::loop);
  ASSERT_EQ(stat("link"), Errno::success);
  EXPECT_EQ(guest_.at<std::uint8_t>(144), static_cast<int>(wasi::FileType::symbolicLink));
  ASSERT_EQ(stat("link", wasi::kSymlinkFollow), Errno::success);
  EXPECT_EQ(guest_.at<std::uint8_t>(144), static_cast<int>(wasi::FileType::directory));
}

TEST(WasiMagicLink, is_not_followed_even_where_the_operator_granted_proc) {
  WasiGuest guest;
  guest.grant("/proc/self", "/proc", false);
  for (const char* path : {"root/etc/passwd", "cwd", "exe", "fd/0"}) {
    const Errno error = guest.open(path, {.lookup = wasi::kSymlinkFollow});
    EXPECT_TRUE(error == Errno::loop || error == Errno::notcapable) << path;
  }
  EXPECT_EQ(guest.open("status"), Errno::success);
}

TEST_F(WasiPath, opens_only_files_and_directories) {
  ASSERT_EQ(::mkfifo((inside() / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(guest_.open("fifo"), Errno::acces);
  EXPECT_EQ(guest_.open("fifo", {.rights = wasi::kFdWrite}), Errno::nxio);
  EXPECT_EQ(stat("fifo"), Errno::success);
}

TEST_F(WasiPath, opens_with_the_flags_asked_for) {
  EXPECT_EQ(guest_.open("none"), Errno::noent);
  EXPECT_EQ(guest_.open("file", {.flags = wasi::kCreate | wasi::kExclusive}), Errno::exist);
  EXPECT_EQ(guest_.open("file", {.flags = wasi::kDirectory}), Errno::notdir);
  EXPECT_EQ(
      guest_.open("sub", {.flags = wasi::kDirectory, .rights = wasi::kFdRead | wasi::kFdWrite}),
      Errno::isdir);
  EXPECT_EQ(guest_.open("sub/new", {.flags = wasi::kCreate | wasi::kDirectory}), Errno::inval);
  EXPECT_EQ(guest_.open("file", {.fdFlags = 1 << 5}), Errno::inval);
  EXPECT_EQ(guest_.open("file", {.flags = wasi::kTruncate, .rights = 0}), Errno::success);
  EXPECT_EQ(outside_.read("inside/file"), "");
  EXPECT_EQ(guest_.open("file", {.directory = 9}), Errno::badf);
  EXPECT_EQ(guest_.open("file", {.directory = 1}), Errno::notdir);
}

TEST_F(WasiPath, gives_no_right_to_change_anything_where_write_was_not_granted) {
  EXPECT_EQ(guest_.open("file", {.directory = 4}), Errno::success);
  EXPECT_EQ(guest_.open("file", {.directory = 4, .rights = wasi::kFdWrite}), Errno::notcapable);
  EXPECT_EQ(guest_.open("new", {.directory = 4, .flags = wasi::kCreate}), Errno::notcapable);
  EXPECT_EQ(guest_.open("file", {.directory = 4, .flags = wasi::kTruncate}), Errno::notcapable);
  EXPECT_EQ(onPath("path_create_directory", "new", 4), Errno::notcapable);
  EXPECT_EQ(onPath("path_remove_directory", "sub", 4), Errno::notcapable);
  EXPECT_EQ(onPath("path_unlink_file", "file", 4), Errno::notcapable);
  EXPECT_EQ(guest_.errorOf("path_rename", {4, guest_.put("file"), 4, 3, guest_.put("new"), 3}),
            Errno::notcapable);
  EXPECT_EQ(guest_.errorOf("path_rename", {3, guest_.put("file"), 4, 4, guest_.put("new"), 3}),
            Errno::notcapable);
  // A link from a place with `write` would open the file for writing.
  EXPECT_EQ(guest_.errorOf("path_link", {4, 0, guest_.put("file"), 4, 3, guest_.put("new"), 3}),
            Errno::notcapable);
  EXPECT_EQ(guest_.errorOf("path_symlink", {guest_.put("file"), 4, 4, guest_.put("new"), 3}),
            Errno::notcapable);
  EXPECT_EQ(guest_.errorOf("path_filestat_set_times", {4, 0, guest_.put("file"), 4, 0, 0, 10}),
            Errno::notcapable);
  EXPECT_EQ(outside_.read("inside/file"), "content");
}

TEST_F(WasiPath, keeps_what_was_not_granted_from_directories_opened_below) {
  ASSERT_EQ(guest_.open("sub", {.directory = 4, .rights = ~wasi::Rights{0} & ~wasi::kFdWrite}),
            Errno::success);
  const std::uint32_t sub = guest_.result();
  EXPECT_EQ(guest_.open("other", {.directory = sub, .rights = wasi::kFdWrite}), Errno::notcapable);
  EXPECT_EQ(guest_.open("new", {.directory = sub, .flags = wasi::kCreate}), Errno::notcapable);
  EXPECT_EQ(guest_.open("other", {.directory = sub}), Errno::success);
  EXPECT_EQ(guest_.open("../file", {.directory = sub}), Errno::notcapable);
}

TEST_F(WasiPath, inherits_rights_and_no_more) {
  ASSERT_EQ(guest_.open("sub", {.rights = wasi::kPathOpen, .inheriting = wasi::kFdRead}),
            Errno::success);
  const std::uint32_t sub = guest_.result();
  ASSERT_EQ(guest_.open("other", {.directory = sub, .rights = wasi::kFdRead | wasi::kFdSync}),
            Errno::success);
  ASSERT_EQ(guest_.errorOf("fd_fdstat_get", {guest_.result(), 128}), Errno::success);
  EXPECT_EQ(guest_.at<wasi::Rights>(136), wasi::kFdRead);
  EXPECT_EQ(guest_.at<wasi::Rights>(144), 0u);
  EXPECT_EQ(guest_.open("other", {.directory = sub, .rights = wasi::kFdWrite}), Errno::notcapable);
}

TEST_F(WasiPath, makes_and_removes_directories) {
  EXPECT_EQ(onPath("path_create_directory", "new"), Errno::success);
  EXPECT_EQ(onPath("path_create_directory", "new"), Errno::exist);
  EXPECT_EQ(onPath("path_create_directory", "new/below/"), Errno::success);
  EXPECT_EQ(onPath("path_remove_directory", "new"), Errno::notempty);
  EXPECT_EQ(onPath("path_remove_directory", "new/below/"), Errno::success);
  EXPECT_EQ(onPath("path_remove_directory", "new"), Errno::success);
  EXPECT_EQ(onPath("path_remove_directory", "file"), Errno::notdir);
  EXPECT_EQ(onPath("path_remove_directory", "."), Errno::inval);
  EXPECT_EQ(onPath("path_create_directory", "sub/.."), Errno::exist);
}

TEST_F(WasiPath, unlinks_files) {
  EXPECT_EQ(onPath("path_unlink_file", "file/"), Errno::notdir);
  EXPECT_EQ(onPath("path_unlink_file", "file"), Errno::success);
  EXPECT_EQ(onPath("path_unlink_file", "file"), Errno::noent);
  EXPECT_EQ(onPath("path_unlink_file", "sub"), Errno::isdir);
}

TEST_F(WasiPath, renames) {
  EXPECT_EQ(rename("file", "sub/moved"), Errno::success);
  EXPECT_EQ(outside_.read("inside/sub/moved"), "content");
  EXPECT_EQ(rename("file", "x"), Errno::noent);
  EXPECT_EQ(rename("sub/moved", "x/"), Errno::notdir);
  EXPECT_EQ(rename("sub", "sub/deep/sub"), Errno::inval);
}

TEST_F(WasiPath, makes_hard_links_to_what_is_named) {
  EXPECT_EQ(hardLink("file", "linked"), Errno::success);
  EXPECT_EQ(outside_.read("inside/linked"), "content");
  EXPECT_EQ(hardLink("file", "linked"), Errno::exist);
  EXPECT_EQ(hardLink("file", "new/"), Errno::noent);
  EXPECT_EQ(hardLink("sub", "directory"), Errno::perm);
  EXPECT_EQ(hardLink("sub/", "directory"), Errno::perm);
  EXPECT_EQ(hardLink("file", "followed", wasi::kSymlinkFollow), Errno::inval);
  link("../secret", "out");
  EXPECT_EQ(hardLink("out", "linkToLink"), Errno::success);
  EXPECT_TRUE(std::filesystem::is_symlink(inside() / "linkToLink"));
}

TEST_F(WasiPath, makes_and_reads_symbolic_links_with_relative_targets) {
  EXPECT_EQ(symlink("sub/other", "link"), Errno::success);
  EXPECT_EQ(symlink("x", "link"), Errno::exist);
  EXPECT_EQ(symlink("x", "new/"), Errno::noent);
  EXPECT_EQ(symlink("/etc/passwd", "absolute"), Errno::notcapable);
  const auto readLink = [&](std::string_view path, std::uint32_t size) {
    return guest_.errorOf("path_readlink", {3, guest_.put(path), path.size(), 1'024, size, 64});
  };
  ASSERT_EQ(readLink("link", 100), Errno::success);
  EXPECT_EQ(guest_.memory.text(1'024, guest_.result()), "sub/other");
  ASSERT_EQ(readLink("link", 3), Errno::success);
  EXPECT_EQ(guest_.memory.text(1'024, guest_.result()), "sub");
  EXPECT_EQ(readLink("file", 100), Errno::inval);
  EXPECT_EQ(readLink("none", 100), Errno::noent);
}

TEST_F(WasiPath, sets_times_of_a_link_or_of_what_it_names) {
  link("file", "link");
  const auto setModification = [&](std::uint32_t lookup, std::uint64_t time) {
    return guest_.errorOf("path_filestat_set_times",
                          {3, lookup, guest_.put("link"), 4, 0, time, wasi::kSetModificationTime});
  };
  ASSERT_EQ(setModification(wasi::kSymlinkFollow, 1'000), Errno::success);
  ASSERT_EQ(setModification(0, 2'000), Errno::success);
  ASSERT_EQ(stat("file"), Errno::success);
  EXPECT_EQ(guest_.at<std::uint64_t>(176), 1'000u);
  ASSERT_EQ(stat("link"), Errno::success);
  EXPECT_EQ(guest_.at<std::uint64_t>(176), 2'000u);
}

TEST_F(WasiPath, outside_memory_is_a_fault) {
  const std::uint64_t end = guest_.memory.size();
  EXPECT_EQ(guest_.errorOf("path_unlink_file", {3, end - 3, 4}), Errno::fault);
  EXPECT_EQ(guest_.errorOf("path_filestat_get", {3, 0, guest_.put("file"), 4, end - 63}),
            Errno::fault);
  // Not opened for nothing: the descriptor would be lost.
  EXPECT_EQ(guest_.errorOf("path_open", {3, 0, guest_.put("file"), 4, 0, 0, 0, 0, end - 3}),
            Errno::fault);
  EXPECT_EQ(guest_.errorOf("fd_close", {5}), Errno::badf);
}

TEST_F(WasiPath, of_a_grant_that_does_not_exist_answers_so) {
  guest_.grant(outside_.path() / "missing", "/missing", false);
  EXPECT_EQ(guest_.open("file", {.directory = 5}), Errno::noent);
  EXPECT_EQ(guest_.open("file"), Errno::success);
}

TEST_F(WasiPath, granted_directories_are_listed_from_3_on) {
  ASSERT_EQ(guest_.errorOf("fd_prestat_get", {3, 64}), Errno::success);
  EXPECT_EQ(guest_.at<std::uint32_t>(64), 0u);
  EXPECT_EQ(guest_.at<std::uint32_t>(68), 5u);
  EXPECT_EQ(guest_.errorOf("fd_prestat_dir_name", {3, 128, 4}), Errno::nametoolong);
  ASSERT_EQ(guest_.errorOf("fd_prestat_dir_name", {3, 128, 6}), Errno::success);
  EXPECT_EQ(guest_.memory.text(128, 5), "/data");
  EXPECT_EQ(guest_.errorOf("fd_prestat_get", {4, 64}), Errno::success);
  EXPECT_EQ(guest_.errorOf("fd_prestat_get", {5, 64}), Errno::badf);
  EXPECT_EQ(guest_.errorOf("fd_prestat_get", {0, 64}), Errno::badf);
  ASSERT_EQ(guest_.open("sub"), Errno::success);
  EXPECT_EQ(guest_.errorOf("fd_prestat_get", {guest_.result(), 64}), Errno::badf);
}

TEST_F(WasiPath, directories_are_not_read_or_written_as_files) {
  EXPECT_EQ(guest_.read(3, 10), std::nullopt);
  for (const char* function : {"fd_read", "fd_write"}) {
    EXPECT_EQ(guest_.errorOf(function, {3, guest_.iovecs({{0, 1}}), 1, 64}), Errno::notcapable);
  }
  EXPECT_EQ(guest_.errorOf("fd_seek", {3, 0, 0, 64}), Errno::notcapable);
  EXPECT_EQ(guest_.errorOf("fd_tell", {3, 64}), Errno::notcapable);
  EXPECT_EQ(guest_.errorOf("fd_filestat_set_size", {3, 0}), Errno::notcapable);
  EXPECT_EQ(guest_.errorOf("fd_allocate", {3, 0, 1}), Errno::notcapable);
}

/// Lists a directory with a buffer of `size`, resuming by cookies; names in the order they came.
std::vector<std::string> list(WasiGuest& guest, std::uint32_t directory, std::uint32_t size) {
  std::vector<std::string> names;
  std::uint64_t cookie = 0;
  for (std::uint32_t used = size; used == size;) {
    EXPECT_EQ(guest.errorOf("fd_readdir", {directory, 4'096, size, cookie, 64}), Errno::success);
    used = guest.result();
    std::uint32_t at = 4'096;
    while (at + 24 <= 4'096 + used) {
      const auto length = guest.at<std::uint32_t>(at + 16);
      if (at + 24 + length > 4'096 + used) break;
      names.push_back(guest.memory.text(at + 24, length));
      cookie = guest.at<std::uint64_t>(at);
      at += 24 + length;
    }
  }
  return names;
}

TEST_F(WasiPath, lists_a_directory_with_any_buffer_that_holds_an_entry) {
  std::multiset<std::string> expected = {".", ".."};
  for (int i = 0; i < 500; ++i) {
    const std::string name = "file" + std::to_string(i);
    outside_.write("inside/sub/deep/" + name, "");
    expected.insert(name);
  }
  ASSERT_EQ(guest_.open("sub/deep"), Errno::success);
  const std::uint32_t directory = guest_.result();
  for (const std::uint32_t size : {40u, 41u, 100u, 4'096u, 100'000u}) {
    const auto names = list(guest_, directory, size);
    EXPECT_EQ(std::multiset<std::string>(names.begin(), names.end()), expected) << size;
  }
}

TEST_F(WasiPath, lists_inodes_and_types_that_agree_with_filestat) {
  link("file", "link");
  ASSERT_EQ(guest_.errorOf("fd_readdir", {3, 4'096, 4'096, 0, 64}), Errno::success);
  const std::uint32_t end = 4'096 + guest_.result();
  std::uint32_t entries = 0;
  for (std::uint32_t at = 4'096; at < end; ++entries) {
    const auto length = guest_.at<std::uint32_t>(at + 16);
    const std::string name = guest_.memory.text(at + 24, length);
    if (name != "..") {
      ASSERT_EQ(guest_.errorOf("path_filestat_get", {3, 0, at + 24, length, 128}), Errno::success);
      EXPECT_EQ(guest_.at<std::uint64_t>(at + 8), guest_.at<std::uint64_t>(136)) << name;
      EXPECT_EQ(guest_.at<std::uint8_t>(at + 20), guest_.at<std::uint8_t>(144)) << name;
    }
    at += 24 + length;
  }
  EXPECT_EQ(entries, 5u);
  EXPECT_EQ(guest_.errorOf("fd_readdir", {3, 4'096, (1 << 20) + 1, 0, 64}), Errno::inval);
}

}  // namespace
}  // namespace skiff::testing
