#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

#include "config/result.h"

namespace skiff::cli {

/// Whom a command speaks with. The streams outlive it.
struct Console {
  std::istream& in;
  std::ostream& out;       ///< what was asked for
  std::ostream& errors;    ///< what went wrong, and progress
  bool isStyled = false;   ///< `out` may have colours
  bool isLively = false;   ///< `errors` is a terminal: progress may be drawn over
  std::size_t width = 0;   ///< columns of `out`; 0: it is no terminal, nothing is cut
  std::size_t height = 0;  ///< its lines; 0: as above
  /// Asks for a line that is not to be seen, after a prompt; nothing where there is no one to ask.
  std::function<Result<std::string>(std::string_view prompt)> askSecret;
};

/// The process's own streams. Colours only on a terminal, without NO_COLOR (no-color.org), and not
/// where TERM is "dumb".
Console standardConsole();

enum class Style { plain, bold, dim, good, warning, bad, name };

/// `text`, which is printable, in that style if the console has styles.
std::string styled(const Console& console, Style style, std::string_view text);

/// What a command reads where it says "from standard input": a line that is asked for without echo
/// at a terminal, else all of the input without the newline at its end, at most 64 KiB. `what`
/// completes "there is no ..." and the prompt.
Result<std::string> readSecret(Console& console, std::string_view what);

}  // namespace skiff::cli
