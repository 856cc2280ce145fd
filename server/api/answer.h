#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skiff {

/// An answer of the API, as it goes to whoever speaks HTTP.
struct ApiAnswer {
  unsigned status = 200;
  std::string_view contentType = {};  ///< a literal; empty if there is no body
  /// Further fields: ETag, Location, Allow, …
  std::vector<std::pair<std::string, std::string>> fields = {};
  std::string body = {};
};

}  // namespace skiff
