#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "config/result.h"

namespace skiff {

/// The programs that a starter starts, each with its arguments. What they are is settled before the
/// daemon meets a stranger's byte: nobody who gains control of it later can choose another.
struct StarterPrograms {
  std::vector<std::string> successor;  ///< found by its path whenever it is started; may be empty
  std::vector<std::string> compiler;   ///< the caller's own executable, whatever it is called
};

/// Starts processes for a daemon that is sandboxed and cannot: a small process beside it, from
/// before, which is not. What it starts is no more sandboxed than the daemon was, and the daemon's
/// own child, to be waited for. It ends with the daemon. Any thread.
class Starter {
 public:
  static constexpr std::chrono::seconds kPatience{10};

  /// `executable`: skiff-starter. What is started gets this process' environment and standard
  /// streams as they are now, and no other descriptors but those that it is given. Whatever has not
  /// started after `patience` is ended when the next is asked for.
  static Result<std::unique_ptr<Starter>> start(const std::filesystem::path& executable,
                                                const StarterPrograms& programs,
                                                std::chrono::seconds patience = kPatience);
  /// The processes that it started live on.
  ~Starter();
  Starter(const Starter&) = delete;
  Starter& operator=(const Starter&) = delete;

  /// With these descriptors, in the manner of systemd (sd_listen_fds(3)): LISTEN_FDS,
  /// LISTEN_FDNAMES=`names`, and SKIFF_LISTEN_PID=self for LISTEN_PID.
  Result<pid_t> startSuccessor(std::span<const int> descriptors, const std::string& names);
  /// With this socket as its descriptor 3, in a session of its own, without standard input and
  /// output, and with little of the environment.
  Result<pid_t> startCompiler(int socket);
  /// Kills one that was started here. REQUIRES: it was not waited for yet.
  void end(pid_t process);

 private:
  Starter(pid_t process, int socket, std::chrono::seconds patience, std::string successor)
      : process_(process), socket_(socket), patience_(patience), successor_(std::move(successor)) {}

  Result<pid_t> reply();
  Error notSent(int error, bool isBegun);
  Error tooSlow() const;
  static Error gone();
  void discard(pid_t process);
  void sendEnd(pid_t process);

  const pid_t process_;
  const int socket_;
  const std::chrono::seconds patience_;
  const std::string successor_;
  std::mutex mutex_;
  bool lost_ = false;             ///< it has gone, or holds what the next would be given
  std::size_t owed_ = 0;          ///< replies that are still to come
  std::vector<pid_t> discarded_;  ///< that nobody waits for but this
};

}  // namespace skiff
