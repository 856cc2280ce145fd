#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "server/tls/certificate_facts.h"

namespace skiff {

/// Says in time that a certificate is about to expire: within two weeks of that, once a day. One
/// thread.
class ExpiryWatch {
 public:
  static constexpr std::int64_t kDay = 24 * 3600;
  static constexpr std::int64_t kAhead = 14 * kDay;

  /// A sentence for the operator, or nothing. `now`: seconds since 1970.
  std::optional<std::string> look(const std::string& place, const CertificateFacts& facts,
                                  std::int64_t now);

 private:
  std::map<std::string, std::int64_t> told_;  ///< when, by fingerprint
};

}  // namespace skiff
