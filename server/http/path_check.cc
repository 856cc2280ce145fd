#include "server/http/path_check.h"

#include <cstddef>

namespace skiff {
namespace {

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// One character of a path, encoded or not.
struct Character {
  int value = 0;  ///< -1 if its encoding is malformed
  std::size_t length = 1;
};

Character characterAt(std::string_view path, std::size_t at) {
  if (path[at] != '%') return {static_cast<unsigned char>(path[at]), 1};
  if (path.size() - at < 3) return {-1, 1};
  const int high = hexDigit(path[at + 1]);
  const int low = hexDigit(path[at + 2]);
  return high < 0 || low < 0 ? Character{-1, 1} : Character{high << 4 | low, 3};
}

}  // namespace

PathFault findPathFault(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));

  std::size_t dots = 0;
  bool onlyDots = false;  // since the segment's beginning
  const auto isDotSegment = [&] { return onlyDots && (dots == 1 || dots == 2); };
  for (std::size_t at = 0; at < path.size();) {
    const Character character = characterAt(path, at);
    at += character.length;
    switch (character.value) {
      case -1:
      case 0:
        return PathFault::encoding;
      case '/':
      case '\\':
        if (isDotSegment()) return PathFault::dotSegment;
        dots = 0;
        onlyDots = true;
        break;
      case ';':
        if (isDotSegment()) return PathFault::dotSegment;
        onlyDots = false;
        break;
      case '.':
        ++dots;
        break;
      default:
        onlyDots = false;
        break;
    }
  }
  return isDotSegment() ? PathFault::dotSegment : PathFault::none;
}

}  // namespace skiff
