#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace api {

inline constexpr std::size_t kMaxTarget = 2048;
inline constexpr std::size_t kMaxBody = 256 * 1024;

/// What a handler sees of a request.
struct Request {
  std::string method;
  std::string path;                     ///< as it was sent, without the query
  std::string query;                    ///< as it was sent, without "?"
  std::vector<std::string> parameters;  ///< the path's, decoded, in the pattern's order

  /// The decoded value of the query's first field of that name; empty if there is none or it is not
  /// well encoded.
  std::string queryValue(const char* name) const;
};

/// False if the target is longer than kMaxTarget; `request` has no path then.
bool readRequest(Request& request);

/// Whether the body is declared to be JSON.
bool hasJsonBody();

/// The whole body; false if it is larger than kMaxBody.
bool readBody(std::string& body);

/// Undoes the percent-encoding of a path's segment; false if it is malformed.
bool decodeSegment(std::string_view segment, std::string& decoded);

}  // namespace api
