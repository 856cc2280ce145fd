#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace skiff::e2e {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

/// How long a test waits for what must happen before it fails; nothing that works takes so long.
constexpr std::chrono::seconds kPatience{kSanitized ? 60 : 30};

/// How a process ended.
struct Ending {
  int code = 0;    ///< its exit code, if no signal ended it
  int signal = 0;  ///< the signal that ended it, or 0
  bool operator==(const Ending&) const = default;
};

/// LeakSanitizer looks into its process from another one, which a sandbox forbids: it has no look
/// at those whose configuration (--config) does not say this.
inline constexpr std::string_view kNoSandbox = "mode = \"off\"";

/// What a process is started with beside its arguments.
struct ProcessOptions {
  int input = STDIN_FILENO;  ///< a descriptor that the caller owns and may close afterwards
  std::vector<std::string> environment;  ///< "NAME=value", beside the test's own
  /// Descriptors that it is to find from 3 on, in the manner of systemd: LISTEN_FDS and LISTEN_PID
  /// are set for it.
  std::vector<int> passed;
};

/// What /proc says of a process.
struct ProcessReadings {
  std::size_t residentBytes = 0;
  std::size_t descriptors = 0;
  std::size_t threads = 0;
};
/// Nothing if it is not there.
std::optional<ProcessReadings> readingsOf(pid_t process);

/// A program under test: its standard output and standard error are collected as they come. Killed
/// by the destructor if it still runs, and by the system if the test dies. Owned by the thread that
/// made it; output is collected on a thread of its own.
class Process {
 public:
  /// Starts `program`; throws if it cannot.
  explicit Process(const std::string& program, const std::vector<std::string>& arguments,
                   const ProcessOptions& options = {});
  /// The same with another standard input.
  Process(const std::string& program, const std::vector<std::string>& arguments, int input)
      : Process(program, arguments, ProcessOptions{input, {}, {}}) {}
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  enum class Stream { output, error };

  pid_t id() const { return id_; }
  void signal(int number) const;
  /// How it ended; nothing if it has not within `patience`.
  std::optional<Ending> wait(std::chrono::milliseconds patience = kPatience);

  /// It has handed over to `next`, a process that it started and that writes to the same pipes, and
  /// is ending: waits for that. From then on this is `next`. How it ended; nothing if it does not
  /// within `patience`.
  std::optional<Ending> becomes(pid_t next, std::chrono::milliseconds patience = kPatience);

  /// What it has written so far; all of it once wait() has given an ending.
  std::string text(Stream stream) const;
  /// The first whole line that contains `part`, without its end, of those that begin at the byte
  /// `from` or behind it; empty if none has come within `patience`, or before the process ended.
  std::string waitForLine(Stream stream, std::string_view part,
                          std::chrono::milliseconds patience = kPatience,
                          std::size_t from = 0) const;

  /// REQUIRES: it runs.
  ProcessReadings readings() const { return readingsOf(id_).value(); }

 private:
  std::optional<Ending> awaitEnd(std::chrono::milliseconds patience) const;
  void collect();
  std::string& textOf(Stream stream) { return stream == Stream::output ? output_ : error_; }

  pid_t id_ = -1;
  int handle_ = -1;  ///< pidfd
  int outputPipe_ = -1;
  int errorPipe_ = -1;
  std::optional<Ending> ending_;

  mutable std::mutex mutex_;
  mutable std::condition_variable more_;
  std::string output_;
  std::string error_;
  bool collected_ = false;
  std::thread collector_;
};

}  // namespace skiff::e2e
