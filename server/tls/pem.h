#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "server/tls/openssl_handle.h"

namespace skiff {

/// A host's certificate, and those that vouch for it.
struct PemChain {
  X509Handle leaf;                 ///< the first
  std::vector<X509Handle> others;  ///< as far as the text has them
};

// What is read of PEM (RFC 7468), from a file or a request. Total. An error begins with `place`,
// "the certificate file "x"", and says what is wrong and what to do.

/// 1 to 17 certificates; text around them is passed over.
Result<PemChain> parsePemChain(std::string_view text, std::string_view place);
/// A private key, not encrypted. The caller overwrites the text.
Result<KeyHandle> parsePemKey(std::string_view text, std::string_view place);
/// Certificates that others are checked against: 1 to 100.
Result<std::vector<X509Handle>> parsePemAuthorities(std::string_view text, std::string_view place);

/// Whether the key is the certificate's.
bool isKeyOf(const KeyHandle& key, const PemChain& chain);
/// The DNS names and addresses of its subjectAltName that hosts can have, as parseHostPattern()
/// gives them, in the order of the certificate. The subject's common name counts for nothing (RFC
/// 9525, 2).
std::vector<std::string> hostNamesOf(const X509& certificate);

/// Makes them what `context` shows. The error says what OpenSSL has against it, such as a key that
/// is too short.
Result<void> showChain(SSL_CTX* context, const PemChain& chain, const KeyHandle& key,
                       std::string_view place);

}  // namespace skiff
