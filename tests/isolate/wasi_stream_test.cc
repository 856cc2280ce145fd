#include "tests/isolate/wasi_guest.h"

namespace skiff::testing {
namespace {

using wasi::Errno;

std::vector<std::string> texts(const RecordingLog& log) {
  std::vector<std::string> found;
  for (const auto& line : log.lines) found.push_back(line.text);
  return found;
}

TEST(WasiStreams, log_lines_of_output_and_errors_with_their_levels) {
  WasiGuest guest;
  guest.request = std::make_unique<FakeExchange>();
  guest.write(1, "to out\n");
  guest.write(2, "to err\n");
  ASSERT_EQ(guest.log.lines.size(), 2u);
  EXPECT_EQ(guest.log.lines[0].text, "to out");
  EXPECT_EQ(guest.log.lines[0].level, LogLevel::info);
  EXPECT_EQ(guest.log.lines[0].requestId, "request-1");
  EXPECT_EQ(guest.log.lines[1].text, "to err");
  EXPECT_EQ(guest.log.lines[1].level, LogLevel::warn);
}

TEST(WasiStreams, keep_half_a_line_until_it_ends_or_the_request_does) {
  WasiGuest guest;
  guest.write(2, "one");
  guest.write(2, " line\r\ntwo\n\nlast");
  EXPECT_EQ(texts(guest.log), (std::vector<std::string>{"one line", "two"}));
  guest.end();
  EXPECT_EQ(texts(guest.log), (std::vector<std::string>{"one line", "two", "last"}));
}

TEST(WasiStreams, cut_long_lines) {
  WasiGuest guest;
  guest.write(2, "x");
  guest.write(2, std::string(10'000, 'x'));
  guest.write(2, "\n");
  ASSERT_EQ(guest.log.lines.size(), 3u);
  EXPECT_EQ(guest.log.lines[0].text.size(), 4'096u);
  EXPECT_EQ(guest.log.lines[1].text.size(), 4'096u);
  EXPECT_EQ(guest.log.lines[2].text.size(), 10'001u - 2 * 4'096);
}

TEST(WasiStreams, say_nothing_that_the_log_does_not_want) {
  WasiGuest guest;
  guest.log.threshold = LogLevel::warn;
  guest.write(1, "information\n");
  guest.write(2, "warning\n");
  EXPECT_EQ(texts(guest.log), std::vector<std::string>{"warning"});
}

TEST(WasiStreams, take_at_most_a_mebibyte_a_call_for_the_log) {
  WasiGuest guest;
  const std::uint32_t buffers = guest.iovecs({{0, 1 << 20}, {0, 1 << 20}});
  ASSERT_EQ(guest.errorOf("fd_write", {2, buffers, 2, 64}), Errno::success);
  EXPECT_EQ(guest.result(), 1u << 20);
}

TEST(WasiStreams, have_input_at_its_end_without_a_connection) {
  WasiGuest guest;
  guest.request = std::make_unique<FakeExchange>();
  guest.request->sendBody("not for standard input");
  EXPECT_EQ(guest.read(0, 10), "");
}

TEST(WasiStreams, are_neither_files_nor_terminals) {
  WasiGuest guest;
  for (const std::uint64_t stream : {0, 1, 2}) {
    ASSERT_EQ(guest.errorOf("fd_fdstat_get", {stream, 128}), Errno::success);
    EXPECT_EQ(guest.at<std::uint8_t>(128), static_cast<int>(wasi::FileType::unknown));
    EXPECT_EQ(guest.errorOf("fd_seek", {stream, 0, 0, 64}), Errno::spipe);
    EXPECT_EQ(guest.errorOf("fd_tell", {stream, 64}), Errno::spipe);
    EXPECT_EQ(guest.errorOf("fd_sync", {stream}), Errno::spipe);
    EXPECT_EQ(guest.errorOf("fd_filestat_get", {stream, 128}), Errno::success);
    EXPECT_EQ(guest.errorOf("path_unlink_file", {stream, 0, 1}), Errno::notdir);
  }
  EXPECT_EQ(guest.read(1, 1), std::nullopt);
  EXPECT_EQ(static_cast<Errno>(guest.write(0, "x").get()), Errno::notcapable);
}

TEST(WasiStreams, keep_their_meaning_under_another_number) {
  TemporaryDirectory directory;
  WasiGuest guest;
  guest.grant(directory.path(), "/", true);
  ASSERT_EQ(guest.open("file", {.flags = wasi::kCreate, .rights = wasi::kFdWrite}), Errno::success);
  const std::uint32_t file = guest.result();
  ASSERT_EQ(guest.errorOf("fd_renumber", {2, file}), Errno::success);
  guest.write(file, "still an error\n");
  EXPECT_EQ(texts(guest.log), std::vector<std::string>{"still an error"});
  EXPECT_EQ(guest.errorOf("fd_fdstat_get", {2, 64}), Errno::badf);
}

}  // namespace
}  // namespace skiff::testing
