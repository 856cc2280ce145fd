#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/api/problem.h"
#include "server/tls/certificate_facts.h"
#include "server/tls/pem.h"

namespace skiff {

/// A certificate that was put, found good for its host.
struct CheckedCertificate {
  PemChain chain;
  KeyHandle key;
  CertificateFacts facts;
};

/// Checks what is put for `host` (as parseHostPattern() gives it): both texts are PEM, the key is
/// the first certificate's, each certificate is followed by its issuer's, none has expired or is
/// not valid yet at `now` (seconds since 1970), and the first is for servers and names the host.
/// `invalid` with everything that is wrong.
ApiResult<CheckedCertificate> checkCertificate(std::string_view host, std::string_view chain,
                                               std::string_view key, std::int64_t now);

}  // namespace skiff
