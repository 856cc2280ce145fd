#include "server/tls/expiry_watch.h"

namespace skiff {

std::optional<std::string> ExpiryWatch::look(const std::string& place,
                                             const CertificateFacts& facts, std::int64_t now) {
  if (facts.notAfter - now >= kAhead) return std::nullopt;
  std::erase_if(told_, [&](const auto& entry) { return now - entry.second >= kDay; });
  if (!told_.emplace(facts.fingerprint, now).second) return std::nullopt;
  if (facts.notAfter <= now) return place + " has expired, and clients refuse it; renew it";
  const std::int64_t days = (facts.notAfter - now) / kDay;
  const std::string left = days == 0   ? "in less than a day"
                           : days == 1 ? "in 1 day"
                                       : "in " + std::to_string(days) + " days";
  return place + " expires " + left + ", and clients will refuse it then; renew it";
}

}  // namespace skiff
