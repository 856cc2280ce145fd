#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "deploy/blobs/descriptor.h"

namespace skiff {

/// A descriptor that another program opened for this one, and what it is called.
struct PassedDescriptor {
  Descriptor descriptor;
  std::string name;
};

/// What this process was given by whoever started it, in the manner of systemd (sd_listen_fds(3)):
/// LISTEN_FDS descriptors from 3 on, if LISTEN_PID is this process, called as LISTEN_FDNAMES says.
/// That is systemd, with the sockets of a socket unit, or a skiffd that hands over to this one.
class PassedDescriptors {
 public:
  static constexpr int kFirst = 3;
  static constexpr std::size_t kMost = 8'192;

  PassedDescriptors() = default;
  /// Takes the variables out of the environment, so that no child believes them, and has the
  /// descriptors closed when another program is executed. An error if LISTEN_FDS is no number, or
  /// names what is not open. REQUIRES: called once, before the process opens what it needs itself
  /// after closing others, and while no other thread reads the environment.
  static Result<PassedDescriptors> take();

  /// The first with that name, which is not here any more then; empty if there is none.
  Descriptor takeNamed(std::string_view name);
  /// All that are left.
  std::vector<PassedDescriptor>& left() { return left_; }

 private:
  std::vector<PassedDescriptor> left_;
};

}  // namespace skiff
