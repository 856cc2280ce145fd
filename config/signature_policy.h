#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace skiff {

/// Whether what a tenant deploys must be signed, and by whom.
struct SignaturePolicy {
  enum class Mode : std::uint8_t {
    off,      ///< signatures are not looked for (the default)
    warn,     ///< they are checked; what they show is on the version, and no more
    require,  ///< nothing is loaded that none of the keys signed
  };

  Mode mode = Mode::off;
  /// PEM texts of public keys, any of which may have signed. At least one unless `off`.
  std::vector<std::string> keys;

  bool operator==(const SignaturePolicy&) const = default;
};

}  // namespace skiff
