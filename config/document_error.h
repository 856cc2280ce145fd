#pragma once

#include <string>
#include <vector>

namespace skiff {

/// One thing wrong in a JSON document.
struct DocumentError {
  std::string path;     ///< of the key, such as "limits.memory" or "routes[2]"; empty: the whole
  std::string message;  ///< what is wrong and what to do

  bool operator==(const DocumentError&) const = default;
};

/// In the order of the document; never empty where it is an error.
using DocumentErrors = std::vector<DocumentError>;

}  // namespace skiff
