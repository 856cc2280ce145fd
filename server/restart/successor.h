#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "config/result.h"
#include "deploy/blobs/descriptor.h"
#include "sandbox/starter.h"

namespace skiff {

/// A descriptor that goes to the successor; stays the caller's.
struct PassedOn {
  int descriptor = -1;
  std::string name;  ///< without ":"
};

/// The name of a successor's end of the channel.
inline constexpr const char* kHandOverName = "skiff-hand-over";

/// The process that is to take this one's place: started with the descriptors in the manner of
/// systemd (passed_descriptors.h), and with its end of a channel (hand_over_channel.h) as the last
/// of them.
class Successor {
 public:
  /// Does not wait until it has come to anything. REQUIRES: `starter` outlives it.
  static Result<Successor> start(Starter& starter, std::vector<PassedOn> descriptors);

  Successor(Successor&& other) noexcept;
  Successor& operator=(Successor&&) = delete;
  /// Kills it, unless it was released.
  ~Successor();

  pid_t process() const { return process_; }
  /// A descriptor that can be read once it has ended; none if the system has none to give.
  Descriptor handle() const;
  /// This side's end of the channel.
  Descriptor takeChannel() { return std::move(channel_); }
  /// How it ended: "ended with exit code 1". REQUIRES: it is ending, as one does that has closed
  /// its end of the channel; one that is not after all is killed after 5 s.
  std::string end();
  /// It lives on without us.
  void release() { process_ = -1; }

 private:
  Successor(Starter& starter, pid_t process, Descriptor channel)
      : starter_(&starter), process_(process), channel_(std::move(channel)) {}

  Starter* starter_;
  pid_t process_;  ///< -1 once it is not ours any more
  Descriptor channel_;
};

}  // namespace skiff
