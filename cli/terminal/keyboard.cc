#include "cli/terminal/keyboard.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace skiff::cli {
namespace {

sigset_t endingSignals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&set, number);
  return set;
}

}  // namespace

Keyboard::Keyboard() : isTerminal_(::isatty(STDIN_FILENO) != 0) {
  const sigset_t ending = endingSignals();
  ::pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  signals_ = ::signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK);
  if (!isTerminal_ || ::tcgetattr(STDIN_FILENO, &before_) != 0) {
    isTerminal_ = false;
    return;
  }
  termios keys = before_;
  keys.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &keys);
}

Keyboard::~Keyboard() {
  if (isTerminal_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  if (signals_ >= 0) ::close(signals_);
  // What was held back has done its work.
  const sigset_t ending = endingSignals();
  const timespec now{};
  while (::sigtimedwait(&ending, nullptr, &now) > 0) {
  }
  ::pthread_sigmask(SIG_UNBLOCK, &ending, nullptr);
}

bool Keyboard::wantsToLeave(std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd waiting[2] = {{signals_, POLLIN, 0}, {isTerminal_ ? STDIN_FILENO : -1, POLLIN, 0}};
    const int ready = ::poll(waiting, 2, static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) return true;
    if (ready <= 0) continue;
    if (waiting[0].revents != 0) return true;
    char key = 0;
    if (waiting[1].revents != 0) {
      const ssize_t got = ::read(STDIN_FILENO, &key, 1);
      if (got <= 0 || key == 'q' || key == 'Q') return true;
    }
  }
}

}  // namespace skiff::cli
