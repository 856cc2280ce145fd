#include "server/observe/log_sink.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "sandbox/every_thread.h"
#include "server/observe/log_time.h"

namespace skiff {
namespace {

constexpr mode_t kFileMode = 0640;
/// Fits a pipe that poll(2) calls writable, so that a write to one does not wait even if the
/// descriptor could not be made non-blocking.
constexpr std::size_t kPipeWrite = 4096;
constexpr int kPollMilliseconds = 50;

int openFile(const std::filesystem::path& file) {
  // Non-blocking matters for a named pipe without a reader: an error beats waiting for one.
  return ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                kFileMode);
}

Error cannotOpen(const std::filesystem::path& file) {
  return {"cannot open the log file " + file.string() + ": " + std::strerror(errno) +
          "; its folder must exist and be writable"};
}

/// A non-blocking descriptor of our own for the same pipe or terminal, or -1: setting the flag on a
/// copy would set it for every process that shares it.
int openAnew(int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return -1;
  if (!S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode)) return -1;
  const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  return ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

}  // namespace

Result<std::unique_ptr<LogSink>> LogSink::open(const std::string& destination,
                                               LogSinkOptions options) {
  if (destination == "-") return onDescriptor(STDOUT_FILENO, options);
  if (destination == "off")
    return std::unique_ptr<LogSink>(new LogSink(-1, Flags::own, {}, options));
  const int descriptor = openFile(destination);
  if (descriptor < 0) return cannotOpen(destination);
  return std::unique_ptr<LogSink>(new LogSink(descriptor, Flags::own, destination, options));
}

Result<std::unique_ptr<LogSink>> LogSink::onDescriptor(int descriptor, LogSinkOptions options) {
  const int own = openAnew(descriptor);
  if (own >= 0) return std::unique_ptr<LogSink>(new LogSink(own, Flags::own, {}, options));
  const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) {
    return Error{"cannot log to file descriptor " + std::to_string(descriptor) + ": " +
                 std::strerror(errno)};
  }
  return std::unique_ptr<LogSink>(new LogSink(copy, Flags::shared, {}, options));
}

LogSink::LogSink(int descriptor, Flags flags, std::filesystem::path file, LogSinkOptions options)
    : options_(options), file_(std::move(file)), flags_(flags), enabled_(descriptor >= 0) {
  if (!enabled_) return;
  useDescriptor(descriptor);
  thread_ = std::thread([this] { run(); });
}

LogSink::~LogSink() {
  if (thread_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
      closeDeadline_ = std::chrono::steady_clock::now() + options_.closeTimeout;
    }
    changed_.notify_all();
    thread_.join();
  }
  if (nextDescriptor_ >= 0) ::close(nextDescriptor_);
  if (descriptor_ >= 0) ::close(descriptor_);
}

void LogSink::append(std::string_view lines, std::uint64_t lineCount) {
  if (!enabled_ || lines.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    if (closing_ || waiting_.size() + lines.size() > options_.queue.bytes()) {
      dropped_.fetch_add(lineCount, std::memory_order_relaxed);
      return;
    }
    waiting_.append(lines);
    waitingLines_ += lineCount;
  }
  changed_.notify_all();
}

Result<void> LogSink::reopen() {
  if (file_.empty()) return {};
  const int descriptor = openFile(file_);
  if (descriptor < 0) return cannotOpen(file_);
  {
    const std::lock_guard lock(mutex_);
    if (nextDescriptor_ >= 0) ::close(nextDescriptor_);
    nextDescriptor_ = descriptor;
  }
  changed_.notify_all();
  return {};
}

bool LogSink::drain(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [this] { return waiting_.empty() && !writing_; });
}

void LogSink::useDescriptor(int descriptor) {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = descriptor;
  struct stat status {};
  regularFile_ = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

bool LogSink::hasDropsToReport() const {
  return dropped_.load(std::memory_order_relaxed) != reportedDrops_;
}

void LogSink::appendDropReport(std::string& out) {
  const std::uint64_t dropped = dropped_.load(std::memory_order_relaxed);
  const std::string count = std::to_string(dropped - reportedDrops_);
  reportedDrops_ = dropped;
  LogTime time;
  const std::string_view now = time.format(std::chrono::system_clock::now());
  if (options_.report == DropReport::json) {
    out.append("{\"time\":\"").append(now).append("\",\"dropped_lines\":").append(count);
    out.append("}\n");
  } else {
    out.append(now).append(" warning ").append(count);
    out.append(" lines were dropped: whatever reads this log is too slow\n");
  }
}

void LogSink::run() {
  // Signals are for the server's threads, and a pipe without a reader must not end the process.
  sigset_t all;
  sigfillset(&all);
  sigdelset(&all, everyThreadSignal());
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);

  std::string out;
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] {
      return closing_ || !waiting_.empty() || nextDescriptor_ >= 0 ||
             (hasDropsToReport() && !brokenOff_);
    });
    // What was appended before reopen() may go to the new file: lines are whole either way.
    if (nextDescriptor_ >= 0) useDescriptor(std::exchange(nextDescriptor_, -1));
    const bool report = hasDropsToReport() && !(closing_ && brokenOff_);
    if (waiting_.empty() && !report) {
      if (closing_) return;
      continue;
    }
    out.swap(waiting_);
    const std::uint64_t lines = std::exchange(waitingLines_, 0);
    if (report) appendDropReport(out);
    writing_ = true;
    const bool lineTorn = brokenOff_;
    lock.unlock();
    if (lineTorn) out.insert(out.begin(), '\n');
    const bool written = writeAll(out);
    out.clear();
    lock.lock();
    writing_ = false;
    brokenOff_ = !written;
    if (!written) dropped_.fetch_add(lines, std::memory_order_relaxed);
    changed_.notify_all();
  }
}

bool LogSink::waitUntilWritable() {
  for (;;) {
    pollfd wanted{descriptor_, POLLOUT, 0};
    const int ready = ::poll(&wanted, 1, kPollMilliseconds);
    if (ready > 0) return true;  // errors too: write says which
    if (ready < 0 && errno != EINTR) return false;
    const std::lock_guard lock(mutex_);
    if (closing_ && std::chrono::steady_clock::now() >= closeDeadline_) return false;
  }
}

/// Where a write cannot wait it is tried first: a pipe takes what fits behind its last line even
/// when poll(2) sees no free buffer in it, and its reader may do nothing until the line is there.
bool LogSink::writeAll(std::string_view text) {
  const bool mayBlock = !regularFile_ && flags_ == Flags::shared;
  bool full = false;
  while (!text.empty()) {
    if ((mayBlock || full) && !waitUntilWritable()) return false;
    const std::size_t size = regularFile_ ? text.size() : std::min(text.size(), kPipeWrite);
    const ssize_t written = ::write(descriptor_, text.data(), size);
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
      full = false;
    } else if (written < 0 && errno == EAGAIN) {
      full = true;
    } else if (written == 0 || errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace skiff
