#pragma once

#include <sys/types.h>

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
  /// `executable`: skiff-starter. What is started gets this process' environment and standard
  /// streams as they are now, and no other descriptors but those that it is given.
  static Result<std::unique_ptr<Starter>> start(const std::filesystem::path& executable,
                                                const StarterPrograms& programs);
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
  Starter(pid_t process, int socket, std::string successor)
      : process_(process), socket_(socket), successor_(std::move(successor)) {}

  Result<pid_t> reply();

  const pid_t process_;
  const int socket_;
  const std::string successor_;
  std::mutex mutex_;
  bool lost_ = false;  ///< a reply did not come: a later one would be taken for another
};

}  // namespace skiff
