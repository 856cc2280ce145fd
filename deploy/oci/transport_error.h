#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "config/result.h"
#include "deploy/oci/error.h"

namespace skiff {

/// Why an exchange with a server came to nothing, or to nothing of use.
struct TransportError {
  OciError::Kind kind = OciError::Kind::unreachable;
  std::string what;    ///< goes on after the server's name: "refused the connection"
  bool again = false;  ///< whether another try may do better
  std::optional<std::chrono::seconds> after =
      std::nullopt;  ///< not before then, as the server asks
};

template <class T>
using TransportResult = Result<T, TransportError>;

}  // namespace skiff
