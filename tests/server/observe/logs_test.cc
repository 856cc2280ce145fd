#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <thread>
#include <utility>

#include "server/observe/access_log.h"
#include "server/observe/log_sink.h"
#include "server/observe/operator_log.h"
#include "tests/server/observe/temporary_folder.h"

namespace skiff {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

constexpr milliseconds kPatience{10'000};

std::unique_ptr<LogSink> openSink(const std::string& where, LogSinkOptions options = {}) {
  auto sink = LogSink::open(where, options);
  EXPECT_TRUE(sink) << sink.error().message;
  return std::move(*sink);
}

std::string lineOf(char character, std::size_t size) {
  std::string line(size, character);
  line.push_back('\n');
  return line;
}

/// A pipe whose reading end the test holds.
struct Pipe {
  Pipe() {
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    EXPECT_GT(::fcntl(ends[1], F_SETPIPE_SZ, 4096), 0);
  }
  ~Pipe() {
    closeReader();
    ::close(ends[1]);
  }
  void closeReader() {
    if (ends[0] >= 0) ::close(std::exchange(ends[0], -1));
  }
  int ends[2] = {-1, -1};
};

TEST(LogSink, AppendsToItsFileAndOpensItAnewForRotation) {
  const TemporaryFolder folder;
  const auto sink = openSink(folder / "log");
  sink->append("one\n");
  ASSERT_TRUE(sink->drain(kPatience));
  std::filesystem::rename(folder / "log", folder / "log.1");
  sink->append("two\n");
  ASSERT_TRUE(sink->drain(kPatience));
  ASSERT_TRUE(sink->reopen());
  sink->append("three\n");
  ASSERT_TRUE(sink->drain(kPatience));
  EXPECT_THAT(readLines(folder / "log.1"), ElementsAre("one", "two"));
  EXPECT_THAT(readLines(folder / "log"), ElementsAre("three"));
  struct stat status {};
  ASSERT_EQ(::stat((folder / "log").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0137u, 0u) << "nobody else may read or write it";
}

TEST(LogSink, WritesWhatWaitsBeforeItCloses) {
  const TemporaryFolder folder;
  {
    const auto sink = openSink(folder / "log");
    for (int i = 0; i < 1000; ++i) sink->append("line\n");
  }
  EXPECT_EQ(readLines(folder / "log").size(), 1000u);
}

TEST(LogSink, SaysWhyAFileCannotBeOpenedAndKeepsTheOldOne) {
  const TemporaryFolder folder;
  const auto missing = LogSink::open((folder / "none/log").string());
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("none/log: No such file or directory"));

  std::filesystem::create_directory(folder / "sub");
  const auto sink = openSink(folder / "sub/log");
  std::filesystem::rename(folder / "sub", folder / "moved");
  EXPECT_FALSE(sink->reopen());
  sink->append("still\n");
  ASSERT_TRUE(sink->drain(kPatience));
  EXPECT_THAT(readLines(folder / "moved/log"), ElementsAre("still"));
}

TEST(LogSink, OffTakesNothing) {
  const auto sink = openSink("off");
  EXPECT_FALSE(sink->enabled());
  sink->append("x\n");
  EXPECT_TRUE(sink->reopen());
  EXPECT_EQ(sink->droppedLines(), 0u);
}

TEST(LogSink, NeverWaitsForAFullPipeButCountsAndReportsWhatItDropped) {
  Pipe pipe;
  LogSinkOptions options;
  options.queue = 64_KiB;
  auto opened = LogSink::onDescriptor(pipe.ends[1], options);
  ASSERT_TRUE(opened);
  const std::unique_ptr<LogSink> sink = std::move(*opened);
  const std::string line = lineOf('x', 999);
  constexpr std::uint64_t kLines = 1000;
  for (std::uint64_t i = 0; i < kLines; ++i) sink->append(line);
  EXPECT_GT(sink->droppedLines(), 0u);
  EXPECT_FALSE(sink->drain(milliseconds(1))) << "nobody has read anything";

  // Lines and reports, until both together account for all that was appended.
  std::string got;
  std::string buffer(65536, '\0');
  std::uint64_t whole = 0;
  std::uint64_t reported = 0;
  while (whole + reported < kLines) {
    const ssize_t size = ::read(pipe.ends[0], buffer.data(), buffer.size());
    ASSERT_GT(size, 0);
    got.append(buffer, 0, static_cast<std::size_t>(size));
    for (std::size_t end = got.find('\n'); end != std::string::npos; end = got.find('\n')) {
      const std::string one = got.substr(0, end + 1);
      got.erase(0, end + 1);
      if (one == line) {
        ++whole;
      } else {
        const auto report = boost::json::parse(one);
        reported += static_cast<std::uint64_t>(report.at("dropped_lines").as_int64());
      }
    }
  }
  EXPECT_EQ(reported, sink->droppedLines());
  EXPECT_EQ(whole + reported, kLines);
}

TEST(LogSink, WritesWhatAPipeHasRoomForAlthoughNobodyReadsIt) {
  const Pipe pipe;  // of one buffer, which the first line takes
  auto sink = LogSink::onDescriptor(pipe.ends[1]);
  ASSERT_TRUE(sink);
  for (const std::string_view line : {"one\n", "two\n", "three\n"}) {
    (*sink)->append(line);
    ASSERT_TRUE((*sink)->drain(kPatience)) << line;
  }
  std::string text(4096, '\0');
  text.resize(static_cast<std::size_t>(::read(pipe.ends[0], text.data(), text.size())));
  EXPECT_EQ(text, "one\ntwo\nthree\n");
}

TEST(LogSink, ClosesInTimeAlthoughNobodyReadsThePipe) {
  const Pipe pipe;
  LogSinkOptions options;
  options.closeTimeout = milliseconds(20);
  auto sink = LogSink::onDescriptor(pipe.ends[1], options);
  ASSERT_TRUE(sink);
  (*sink)->append(lineOf('x', 1'000'000));
  const auto begin = std::chrono::steady_clock::now();
  sink->reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(::fcntl(pipe.ends[1], F_GETFL) & O_NONBLOCK, 0) << "the shared descriptor was changed";
}

TEST(LogSink, SurvivesAPipeWithoutAReader) {
  Pipe pipe;
  auto sink = LogSink::onDescriptor(pipe.ends[1]);
  ASSERT_TRUE(sink);
  pipe.closeReader();
  (*sink)->append("a\nb\n", 2);
  ASSERT_TRUE((*sink)->drain(kPatience));
  EXPECT_EQ((*sink)->droppedLines(), 2u);
}

TEST(LogSink, KeepsLinesOfManyThreadsWhole) {
  const TemporaryFolder folder;
  {
    const auto sink = openSink(folder / "log");
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&sink, i] {
        const std::string line = lineOf(static_cast<char>('a' + i), 100);
        for (int n = 0; n < 2000; ++n) sink->append(line);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  const auto lines = readLines(folder / "log");
  EXPECT_EQ(lines.size(), 8000u);
  for (const std::string& line : lines) {
    ASSERT_EQ(line, std::string(100, line.empty() ? ' ' : line[0]));
  }
}

AccessRecord sampleRecord() {
  AccessRecord record;
  record.time = std::chrono::system_clock::time_point(milliseconds(1'709'210'096'789));
  record.requestId = "01hq";
  record.tenant = "acme";
  record.app = "hello";
  record.version = "sha256:abc";
  record.method = "GET";
  record.host = "hello.localhost";
  record.path = "/a?b=c";
  record.status = 200;
  record.duration = std::chrono::nanoseconds(12'345'678);
  record.cpu = std::chrono::microseconds(40);
  record.bytesIn = 0;
  record.bytesOut = 18'446'744'073'709'551'615u;
  record.source = "127.0.0.1:4711";
  return record;
}

TEST(AccessLog, WritesOneJsonLineARequest) {
  const TemporaryFolder folder;
  const auto sink = openSink(folder / "log");
  AccessLog log(*sink);
  log.record(sampleRecord());
  AccessRecord second = sampleRecord();
  second.status = 503;
  second.reason = Reason::cpuLimit;
  second.cold = true;
  second.protocol = "HTTP/2.0";
  log.record(second);
  log.flush();
  ASSERT_TRUE(sink->drain(kPatience));
  const auto lines = readLines(folder / "log");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0],
            R"({"time":"2024-02-29T12:34:56.789Z","request_id":"01hq","tenant":"acme",)"
            R"("app":"hello","version":"sha256:abc","method":"GET","host":"hello.localhost",)"
            R"("path":"/a?b=c","status":200,"reason":"","duration_ms":12.345,"cpu_ms":0.040,)"
            R"("bytes_in":0,"bytes_out":18446744073709551615,"source":"127.0.0.1:4711",)"
            R"("cold":false})");
  EXPECT_THAT(lines[1], HasSubstr(R"("protocol":"HTTP/2.0","status":503,"reason":"cpu_limit")"));
  EXPECT_THAT(lines[1], HasSubstr(R"("cold":true})"));
}

TEST(AccessLog, StaysReadableAndBoundedWhateverTheClientSends) {
  const TemporaryFolder folder;
  const auto sink = openSink(folder / "log");
  AccessLog log(*sink);
  AccessRecord record = sampleRecord();
  std::string anything;
  for (int i = 0; i < 100'000; ++i) anything += static_cast<char>(i * 7);
  record.method = record.host = record.path = record.source = anything;
  record.requestId = record.tenant = record.app = record.version = anything;
  record.status = -7;
  record.duration = std::chrono::nanoseconds(-1);
  log.record(record);
  log.flush();
  ASSERT_TRUE(sink->drain(kPatience));
  const auto lines = readLines(folder / "log");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_LT(lines[0].size(), 16'000u);
  boost::system::error_code error;
  boost::json::parse(lines[0], error);
  EXPECT_FALSE(error) << error.message();
}

TEST(AccessLog, HandsOnItsLinesWhenTheBufferIsFullAndWhenItEnds) {
  const TemporaryFolder folder;
  constexpr int kLines = 5000;
  {
    const auto sink = openSink(folder / "log");
    AccessLog log(*sink);
    for (int i = 0; i < kLines; ++i) log.record(sampleRecord());
    ASSERT_TRUE(sink->drain(kPatience));
    EXPECT_GT(readLines(folder / "log").size(), 4000u) << "nobody called flush()";
  }
  EXPECT_EQ(readLines(folder / "log").size(), static_cast<std::size_t>(kLines));
}

TEST(OperatorLog, WritesTextLinesThatNobodyCanForge) {
  Pipe pipe;
  {
    auto log = OperatorLog::start(OperatorLogLevel::info, pipe.ends[1]);
    ASSERT_TRUE(log);
    spdlog::info("ready on {}", 8080);
    spdlog::debug("not this");
    spdlog::warn("tenant said \"a\n2024-02-29 error forged\x1b[0m\"");
    (*log)->setLevel(OperatorLogLevel::debug);
    spdlog::debug("but this");
    ASSERT_TRUE((*log)->drain(kPatience));
  }
  spdlog::error("nobody hears this");
  std::string text(65536, '\0');
  text.resize(static_cast<std::size_t>(::read(pipe.ends[0], text.data(), text.size())));
  EXPECT_THAT(text,
              MatchesRegex("....-..-..T..:..:..\\....Z info    ready on 8080\n"
                           "....-..-..T..:..:..\\....Z warning tenant said \"a\\\\x0a2024-02-29"
                           " error forged\\\\x1b\\[0m\"\n"
                           "....-..-..T..:..:..\\....Z debug   but this\n"));
}

}  // namespace
}  // namespace skiff
