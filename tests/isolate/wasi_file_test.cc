#include <sys/stat.h>

#include "tests/isolate/wasi_guest.h"

namespace skiff::testing {
namespace {

using wasi::Errno;
constexpr wasi::Rights kReadWrite = wasi::kFileRights;

/// A program that was granted one directory, as descriptor 3.
class WasiFile : public ::testing::Test {
 protected:
  WasiFile() { guest_.grant(directory_.path(), "/data", true); }

  /// Opens for reading and writing; the descriptor.
  std::uint32_t open(std::string_view path, std::uint32_t flags = 0, std::uint32_t fdFlags = 0) {
    EXPECT_EQ(guest_.open(path, {.flags = flags, .rights = kReadWrite, .fdFlags = fdFlags}),
              Errno::success);
    return guest_.result();
  }
  Errno write(std::uint32_t file, std::string_view text) {
    return static_cast<Errno>(guest_.write(file, text).get());
  }
  std::uint64_t sizeOf(std::uint32_t file) {
    EXPECT_EQ(guest_.errorOf("fd_filestat_get", {file, 128}), Errno::success);
    return guest_.at<std::uint64_t>(128 + 32);
  }

  TemporaryDirectory directory_;
  WasiGuest guest_;
};

TEST_F(WasiFile, is_created_written_and_read_back) {
  const std::uint32_t file = open("new", wasi::kCreate);
  EXPECT_EQ(file, 4u);
  EXPECT_EQ(write(file, "hello"), Errno::success);
  EXPECT_EQ(guest_.result(), 5u);
  EXPECT_EQ(directory_.read("new"), "hello");
  ASSERT_EQ(guest_.errorOf("fd_seek", {file, 1, 0, 64}), Errno::success);
  EXPECT_EQ(guest_.read(file, 100), "ello");
  EXPECT_EQ(guest_.read(file, 100), "");
}

TEST_F(WasiFile, is_read_into_several_buffers_and_written_from_several) {
  directory_.write("file", "abcdef");
  const std::uint32_t file = open("file");
  const std::uint32_t one = guest_.put("..");
  const std::uint32_t two = guest_.put("...");
  ASSERT_EQ(guest_.errorOf("fd_read", {file, guest_.iovecs({{one, 2}, {0, 0}, {two, 3}}), 3, 64}),
            Errno::success);
  EXPECT_EQ(guest_.result(), 5u);
  EXPECT_EQ(guest_.memory.text(one, 2) + guest_.memory.text(two, 3), "abcde");
  ASSERT_EQ(guest_.errorOf("fd_write", {file, guest_.iovecs({{two, 3}, {one, 2}}), 2, 64}),
            Errno::success);
  EXPECT_EQ(directory_.read("file"), "abcdecdeab");
}

TEST_F(WasiFile, is_read_and_written_beyond_the_transfer_buffer) {
  const std::string content(300'000, 'x');
  const std::uint32_t file = open("large", wasi::kCreate);
  ASSERT_EQ(write(file, content + "end"), Errno::success);
  EXPECT_EQ(guest_.result(), 300'003u);
  ASSERT_EQ(guest_.errorOf("fd_seek", {file, 0, 0, 64}), Errno::success);
  EXPECT_EQ(guest_.read(file, 400'000), content + "end");
}

TEST_F(WasiFile, moves_at_most_a_mebibyte_in_one_call) {
  const std::uint32_t file = open("large", wasi::kCreate);
  const std::uint32_t size = 2 << 20;
  const std::uint32_t buffers = guest_.iovecs({{4096, size}});
  ASSERT_EQ(guest_.errorOf("fd_write", {file, buffers, 1, 64}), Errno::success);
  EXPECT_EQ(guest_.result(), 1u << 20);
  ASSERT_EQ(guest_.errorOf("fd_write", {file, buffers, 1, 64}), Errno::success);
  ASSERT_EQ(guest_.errorOf("fd_pread", {file, buffers, 1, 0, 64}), Errno::success);
  EXPECT_EQ(guest_.result(), 1u << 20);
}

TEST_F(WasiFile, is_read_and_written_at_offsets_without_moving) {
  directory_.write("file", "0123456789");
  const std::uint32_t file = open("file");
  const std::uint32_t text = guest_.put("ab");
  ASSERT_EQ(guest_.errorOf("fd_pwrite", {file, guest_.iovecs({{text, 2}}), 1, 4, 64}),
            Errno::success);
  const std::uint32_t into = guest_.put("......");
  ASSERT_EQ(guest_.errorOf("fd_pread", {file, guest_.iovecs({{into, 6}}), 1, 3, 64}),
            Errno::success);
  EXPECT_EQ(guest_.memory.text(into, 6), "3ab678");
  ASSERT_EQ(guest_.errorOf("fd_tell", {file, 64}), Errno::success);
  EXPECT_EQ(guest_.at<std::uint64_t>(64), 0u);
  EXPECT_EQ(guest_.errorOf("fd_pread", {file, guest_.iovecs({{into, 6}}), 1, UINT64_MAX, 64}),
            Errno::inval);
}

TEST_F(WasiFile, opened_to_append_appends_but_with_pwrite) {
  directory_.write("file", "0123");
  const std::uint32_t file = open("file", 0, wasi::kAppend);
  ASSERT_EQ(write(file, "45"), Errno::success);
  EXPECT_EQ(directory_.read("file"), "012345");
  const std::uint32_t text = guest_.put("ab");
  ASSERT_EQ(guest_.errorOf("fd_pwrite", {file, guest_.iovecs({{text, 2}}), 1, 0, 64}),
            Errno::success);
  EXPECT_EQ(directory_.read("file"), "ab2345");
  ASSERT_EQ(write(file, "6"), Errno::success);
  EXPECT_EQ(directory_.read("file"), "ab23456");
}

TEST_F(WasiFile, shows_and_changes_its_flags) {
  const std::uint32_t file = open("file", wasi::kCreate, wasi::kAppend | wasi::kSync);
  const auto flags = [&] {
    EXPECT_EQ(guest_.errorOf("fd_fdstat_get", {file, 64}), Errno::success);
    return guest_.at<std::uint16_t>(66);
  };
  EXPECT_EQ(flags(), wasi::kAppend | wasi::kSync);
  ASSERT_EQ(guest_.errorOf("fd_fdstat_set_flags", {file, wasi::kSync}), Errno::success);
  EXPECT_EQ(flags(), wasi::kSync);
  EXPECT_EQ(guest_.errorOf("fd_fdstat_set_flags", {file, wasi::kDsync}), Errno::notsup);
  EXPECT_EQ(guest_.errorOf("fd_fdstat_set_flags", {file, 1 << 5}), Errno::inval);
}

TEST_F(WasiFile, is_sought) {
  directory_.write("file", "0123456789");
  const std::uint32_t file = open("file");
  const struct {
    std::int64_t offset;
    std::uint32_t whence;
    Errno error;
    std::uint64_t position;
  } cases[] = {
      {3, wasi::kSeekSet, Errno::success, 3},
      {2, wasi::kSeekCurrent, Errno::success, 5},
      {-1, wasi::kSeekCurrent, Errno::success, 4},
      {-2, wasi::kSeekEnd, Errno::success, 8},
      {5, wasi::kSeekEnd, Errno::success, 15},
      {-1, wasi::kSeekSet, Errno::inval, 0},
      {0, 3, Errno::inval, 0},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.offset);
    EXPECT_EQ(
        guest_.errorOf("fd_seek", {file, static_cast<std::uint64_t>(each.offset), each.whence, 64}),
        each.error);
    if (each.error != Errno::success) continue;
    EXPECT_EQ(guest_.at<std::uint64_t>(64), each.position);
  }
}

TEST_F(WasiFile, has_its_size_allocated_and_set) {
  const std::uint32_t file = open("file", wasi::kCreate);
  EXPECT_EQ(guest_.errorOf("fd_allocate", {file, 0, 100}), Errno::success);
  EXPECT_EQ(sizeOf(file), 100u);
  EXPECT_EQ(guest_.errorOf("fd_allocate", {file, 10, 10}), Errno::success);
  EXPECT_EQ(sizeOf(file), 100u);
  EXPECT_EQ(guest_.errorOf("fd_filestat_set_size", {file, 7}), Errno::success);
  EXPECT_EQ(sizeOf(file), 7u);
  EXPECT_EQ(guest_.errorOf("fd_filestat_set_size", {file, UINT64_MAX}), Errno::inval);
  EXPECT_EQ(guest_.errorOf("fd_allocate", {file, UINT64_MAX, 1}), Errno::inval);
}

TEST_F(WasiFile, takes_advice_and_is_synced) {
  const std::uint32_t file = open("file", wasi::kCreate);
  EXPECT_EQ(guest_.errorOf("fd_advise", {file, 0, 100, 5}), Errno::success);
  EXPECT_EQ(guest_.errorOf("fd_advise", {file, 0, 100, 6}), Errno::inval);
  EXPECT_EQ(guest_.errorOf("fd_sync", {file}), Errno::success);
  EXPECT_EQ(guest_.errorOf("fd_datasync", {file}), Errno::success);
}

TEST_F(WasiFile, has_times_that_can_be_set) {
  const std::uint32_t file = open("file", wasi::kCreate);
  ASSERT_EQ(
      guest_.errorOf("fd_filestat_set_times", {file, 5'000'000'001, 7'000'000'002,
                                               wasi::kSetAccessTime | wasi::kSetModificationTime}),
      Errno::success);
  ASSERT_EQ(guest_.errorOf("fd_filestat_get", {file, 128}), Errno::success);
  EXPECT_EQ(guest_.at<std::uint64_t>(128 + 40), 5'000'000'001u);
  EXPECT_EQ(guest_.at<std::uint64_t>(128 + 48), 7'000'000'002u);
  EXPECT_EQ(guest_.errorOf("fd_filestat_set_times",
                           {file, 0, 0, wasi::kSetAccessTime | wasi::kSetAccessTimeNow}),
            Errno::inval);
}

TEST_F(WasiFile, says_what_it_is) {
  directory_.write("file", "12345");
  const std::uint32_t file = open("file");
  struct stat expected {};
  ASSERT_EQ(::stat((directory_.path() / "file").c_str(), &expected), 0);
  ASSERT_EQ(guest_.errorOf("fd_filestat_get", {file, 128}), Errno::success);
  EXPECT_EQ(guest_.at<std::uint64_t>(128), expected.st_dev);
  EXPECT_EQ(guest_.at<std::uint64_t>(136), expected.st_ino);
  EXPECT_EQ(guest_.at<std::uint8_t>(144), static_cast<int>(wasi::FileType::regularFile));
  EXPECT_EQ(guest_.at<std::uint64_t>(152), 1u);
  EXPECT_EQ(guest_.at<std::uint64_t>(160), 5u);
}

TEST_F(WasiFile, loses_rights_and_never_gains_any) {
  const std::uint32_t file = open("file", wasi::kCreate);
  ASSERT_EQ(guest_.errorOf("fd_fdstat_set_rights", {file, wasi::kFdSeek, 0}), Errno::success);
  EXPECT_EQ(write(file, "x"), Errno::notcapable);
  EXPECT_EQ(guest_.read(file, 1), std::nullopt);
  EXPECT_EQ(guest_.errorOf("fd_sync", {file}), Errno::notcapable);
  EXPECT_EQ(guest_.errorOf("fd_filestat_get", {file, 64}), Errno::notcapable);
  EXPECT_EQ(guest_.errorOf("fd_tell", {file, 64}), Errno::success);  // the right to seek implies it
  EXPECT_EQ(guest_.errorOf("fd_fdstat_set_rights", {file, wasi::kFdSeek | wasi::kFdRead, 0}),
            Errno::notcapable);
}

TEST_F(WasiFile, is_closed_and_renumbered) {
  const std::uint32_t one = open("one", wasi::kCreate);
  const std::uint32_t two = open("two", wasi::kCreate);
  ASSERT_EQ(guest_.errorOf("fd_renumber", {one, two}), Errno::success);
  EXPECT_EQ(guest_.errorOf("fd_close", {one}), Errno::badf);
  EXPECT_EQ(guest_.errorOf("fd_renumber", {two, one}), Errno::badf);
  ASSERT_EQ(write(two, "x"), Errno::success);
  EXPECT_EQ(directory_.read("one"), "x");
  EXPECT_EQ(open("three", wasi::kCreate), one);  // the lowest free number
  EXPECT_EQ(guest_.errorOf("fd_renumber", {two, two}), Errno::success);
  EXPECT_EQ(guest_.errorOf("fd_close", {two}), Errno::success);
}

TEST_F(WasiFile, never_takes_the_number_of_a_closed_stream) {
  ASSERT_EQ(guest_.errorOf("fd_close", {1}), Errno::success);
  EXPECT_EQ(open("file", wasi::kCreate), 4u);
}

TEST_F(WasiFile, are_open_only_in_a_bounded_number) {
  directory_.write("file", "");
  std::uint32_t opened = 0;
  Errno error = Errno::success;
  while (opened <= 256 && (error = guest_.open("file")) == Errno::success) ++opened;
  EXPECT_EQ(error, Errno::mfile);
  EXPECT_EQ(opened, 252u);  // and three streams and one directory
  ASSERT_EQ(guest_.errorOf("fd_close", {100}), Errno::success);
  EXPECT_EQ(guest_.open("file"), Errno::success);
}

TEST_F(WasiFile, buffers_outside_memory_or_too_many_are_refused) {
  const std::uint32_t file = open("file", wasi::kCreate);
  const auto end = static_cast<std::uint32_t>(guest_.memory.size());
  const std::uint32_t inside = guest_.iovecs({{0, 1}});
  EXPECT_EQ(guest_.errorOf("fd_write", {file, guest_.iovecs({{end - 1, 2}}), 1, 64}), Errno::fault);
  EXPECT_EQ(guest_.errorOf("fd_write", {file, end - 4, 1, 64}), Errno::fault);
  EXPECT_EQ(guest_.errorOf("fd_write", {file, UINT32_MAX, 2, 64}), Errno::fault);
  EXPECT_EQ(guest_.errorOf("fd_write", {file, inside, 1, end - 3}), Errno::fault);
  EXPECT_EQ(guest_.errorOf("fd_write", {file, 0, 1'025, 64}), Errno::inval);
  EXPECT_EQ(directory_.read("file"), "");  // nothing was written before the check
}

TEST_F(WasiFile, buffers_may_overlap_the_array_that_names_them) {
  directory_.write("file", std::string(64, '\xff'));
  const std::uint32_t file = open("file");
  const std::uint32_t buffers = guest_.iovecs({{0, 0}, {0, 0}});
  const std::uint32_t image[] = {buffers, 8, buffers + 8, 8};
  guest_.memory.put(buffers, {reinterpret_cast<const char*>(image), sizeof image});
  EXPECT_EQ(guest_.errorOf("fd_read", {file, buffers, 2, 64}), Errno::success);
}

}  // namespace
}  // namespace skiff::testing
