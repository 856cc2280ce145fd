#pragma once

#include <cstddef>
#include <string>

#include "tests/soak/readings.h"
#include "tests/soak/world.h"

namespace skiff::soak {

/// Who looks after the daemon: restarts, reloads, renews certificates, moves the access log away
/// and reads it. Owned by one thread, which alone signals the daemon.
class Operator {
 public:
  Operator(World& world, Readings& readings) : world_(world), readings_(readings) {}

  /// SIGUSR2, and waits until the old process has ended.
  void restart();
  /// SIGHUP with another configuration and new certificates.
  void reload();
  /// SIGUSR1, and looks through what was logged so far: whole lines, none with what is another
  /// tenant's.
  void rotateLog();

 private:
  void checkLine(const std::string& line);

  World& world_;
  Readings& readings_;
  std::size_t configuration_ = 0;
};

}  // namespace skiff::soak
