#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/tls/openssl_handle.h"

namespace skiff {

/// What may be told of a certificate: anybody who connects is shown the same.
struct CertificateFacts {
  std::string subject;             ///< "CN=example.com,O=Example" (RFC 2253), printable
  std::string issuer;              ///< likewise
  std::string serial;              ///< hexadecimal digits
  std::vector<std::string> names;  ///< hosts, as hostNamesOf() gives them
  std::string key;                 ///< "EC 256", "RSA 2048"
  std::string fingerprint;         ///< SHA-256 of the certificate, 64 hexadecimal digits
  std::int64_t notBefore = 0;      ///< seconds since 1970-01-01T00:00:00Z
  std::int64_t notAfter = 0;       ///< likewise

  bool operator==(const CertificateFacts&) const = default;
};

CertificateFacts factsOf(const X509& certificate);

/// What it calls its owner: its common name, else its first DNS name, address, e-mail address or
/// URI; printable, 64 bytes at most. Empty if there is none.
std::string ownerOf(const X509& certificate);

}  // namespace skiff
