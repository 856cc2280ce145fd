#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "config/byte_size.h"
#include "config/result.h"

namespace skiff {

enum class DropReport : std::uint8_t { json, text };

struct LogSinkOptions {
  /// How much may wait for a slow disk or a full pipe; what comes beyond is dropped and counted.
  ByteSize queue = 4_MiB;
  /// How long the destructor goes on trying to write what waits.
  std::chrono::milliseconds closeTimeout{1'000};
  DropReport report = DropReport::json;
};

/// One destination of log lines, shared by all that write to it. A thread of its own does the
/// writing, so that neither a slow disk nor a pipe that nobody reads ever holds up a shard. Lines
/// that were dropped are reported by one JSON line in the log itself as soon as there is room
/// ({"time":…,"dropped_lines":…}; plain text if `report` says so). All functions: any thread.
class LogSink {
 public:
  /// "-" for standard output, "off" for nowhere, else a file, appended to and created if need be
  /// (mode 0640; its folder must exist).
  static Result<std::unique_ptr<LogSink>> open(const std::string& destination,
                                               LogSinkOptions options = {});
  /// Writes to a copy of `descriptor`, which stays the caller's.
  static Result<std::unique_ptr<LogSink>> onDescriptor(int descriptor, LogSinkOptions options = {});

  /// Writes what waits, for at most closeTimeout.
  ~LogSink();
  LogSink(const LogSink&) = delete;
  LogSink& operator=(const LogSink&) = delete;

  /// False for "off": whoever formats lines can save the work.
  bool enabled() const { return enabled_; }

  /// Takes `lines` whole or not at all; each ends with "\n". A short copy under a lock; never waits
  /// for the destination.
  void append(std::string_view lines, std::uint64_t lineCount = 1);

  /// Opens the file anew, for log rotation; what is being written is completed in the old file. If
  /// it cannot be opened the old one stays in use. Does nothing for other destinations.
  Result<void> reopen();

  /// Waits until everything appended so far is written; false if `timeout` came first.
  bool drain(std::chrono::milliseconds timeout);

  /// Lines dropped since the start: no room, or the destination refused them.
  std::uint64_t droppedLines() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  /// Whose the flags of a descriptor are: one that shares them may turn to blocking at any time.
  enum class Flags : std::uint8_t { own, shared };

  LogSink(int descriptor, Flags flags, std::filesystem::path file, LogSinkOptions options);
  void run();
  void useDescriptor(int descriptor);
  /// False if it broke off: an error, or the deadline for closing.
  bool writeAll(std::string_view text);
  bool waitUntilWritable();
  bool hasDropsToReport() const;
  void appendDropReport(std::string& out);

  const LogSinkOptions options_;
  const std::filesystem::path file_;  ///< empty if not a file
  const Flags flags_;
  const bool enabled_;
  std::atomic<std::uint64_t> dropped_{0};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string waiting_;
  std::uint64_t waitingLines_ = 0;
  std::uint64_t reportedDrops_ = 0;
  bool writing_ = false;
  bool closing_ = false;
  std::chrono::steady_clock::time_point closeDeadline_{};
  int nextDescriptor_ = -1;  ///< from reopen(), until the thread takes it

  // The thread's own.
  int descriptor_ = -1;
  bool regularFile_ = false;
  bool brokenOff_ = false;  ///< the last write stopped inside a line, or wrote nothing
  std::thread thread_;
};

}  // namespace skiff
