#include "cli/terminal/console.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "cli/text_result.h"

namespace skiff::cli {
namespace {

constexpr std::size_t kMaxSecret = std::size_t{64} << 10;

std::string_view codeOf(Style style) {
  switch (style) {
    case Style::bold:
      return "\x1b[1m";
    case Style::dim:
      return "\x1b[2m";
    case Style::good:
      return "\x1b[32m";
    case Style::warning:
      return "\x1b[33m";
    case Style::bad:
      return "\x1b[31m";
    case Style::name:
      return "\x1b[36m";
    case Style::plain:
      break;
  }
  return {};
}

constexpr char kInterrupt = 3;  // Ctrl-C

/// Turns a terminal's echo off while it lives. Ctrl-C would leave it off: it comes as a character
/// that ends the line instead.
class EchoOff {
 public:
  EchoOff() : isOff_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!isOff_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    quiet.c_cc[VEOL] = kInterrupt;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  ~EchoOff() {
    if (isOff_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;

 private:
  termios before_{};
  bool isOff_ = false;
};

Result<std::string> askAtTerminal(std::string_view prompt) {
  if (::isatty(STDIN_FILENO) == 0) return Error{"standard input is no terminal"};
  std::cerr << prompt << std::flush;
  std::string line;
  {
    const EchoOff quiet;
    char c = 0;
    while (line.size() <= kMaxSecret && ::read(STDIN_FILENO, &c, 1) == 1 && c != '\n') {
      line.push_back(c);
      if (c == kInterrupt) break;
    }
  }
  std::cerr << "\n";
  if (line.ends_with(kInterrupt)) return Error{"interrupted"};
  return textResult(std::move(line));
}

}  // namespace

Console standardConsole() {
  Console console{.in = std::cin, .out = std::cout, .errors = std::cerr, .askSecret = {}};
  const char* const noColor = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  const bool isDumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  winsize size{};
  if (::isatty(STDOUT_FILENO) != 0) {
    console.isStyled = !isDumb && (noColor == nullptr || *noColor == '\0');
    console.width = 80;
    console.height = 24;
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
      console.width = size.ws_col;
      console.height = size.ws_row;
    }
  }
  console.isLively = !isDumb && ::isatty(STDERR_FILENO) != 0;
  if (::isatty(STDIN_FILENO) != 0) console.askSecret = askAtTerminal;
  return console;
}

std::string styled(const Console& console, Style style, std::string_view text) {
  if (!console.isStyled || style == Style::plain || text.empty()) return std::string(text);
  return std::string(codeOf(style)).append(text).append("\x1b[0m");
}

Result<std::string> readSecret(Console& console, std::string_view what) {
  std::string secret;
  if (console.askSecret) {
    auto asked = console.askSecret(std::string(what) + ": ");
    if (!asked) return Error{"there is no " + std::string(what) + ": " + asked.error().message};
    secret = std::move(*asked);
  } else {
    char c = 0;
    while (secret.size() <= kMaxSecret + 1 && console.in.get(c)) secret.push_back(c);
    if (secret.ends_with('\n')) secret.pop_back();
    if (secret.ends_with('\r')) secret.pop_back();
  }
  if (secret.size() > kMaxSecret) {
    return Error{"the " + std::string(what) + " is longer than 64 KiB"};
  }
  if (secret.empty()) {
    return Error{"there is no " + std::string(what) + ": give it on standard input"};
  }
  return textResult(std::move(secret));
}

}  // namespace skiff::cli
