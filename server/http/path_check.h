#pragma once

#include <cstdint>
#include <string_view>

namespace skiff {

enum class PathFault : std::uint8_t {
  none,
  /// "." or "..", also with encoded dots, behind or before an encoded slash or backslash, and with
  /// a parameter ("..;a"): readers differ in whether and when they resolve it (RFC 3986, 5.2.4).
  dotSegment,
  encoding,  ///< '%' without two hexadecimal digits (RFC 3986, 2.1), and "%00"
};

/// What in the path of `target` could be taken for another path by whoever serves it, having been
/// routed by its bytes. From '?' on nothing is looked at. Total, and without memory.
PathFault findPathFault(std::string_view target);

}  // namespace skiff
