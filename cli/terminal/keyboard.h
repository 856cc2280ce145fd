#pragma once

#include <termios.h>

#include <chrono>

namespace skiff::cli {

/// Single keys from the terminal that is standard input, without echo, while it lives. Signals keep
/// working; the terminal is put back also if one ends the program (SIGINT, SIGTERM, SIGHUP are held
/// back and count as a key to leave). One at a time.
class Keyboard {
 public:
  Keyboard();
  ~Keyboard();
  Keyboard(const Keyboard&) = delete;
  Keyboard& operator=(const Keyboard&) = delete;

  /// Waits that long; true if q, Ctrl-C or the end of input came meanwhile.
  bool wantsToLeave(std::chrono::milliseconds patience);

 private:
  termios before_{};
  bool isTerminal_ = false;
  int signals_ = -1;  ///< signalfd
};

}  // namespace skiff::cli
