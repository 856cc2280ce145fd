#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "config/result.h"
#include "server/tls/openssl_handle.h"

namespace skiff {

/// A certificate and its key, as they were in their files; they belong together.
struct CertificateFiles {
  X509Handle leaf;
  std::vector<X509Handle> chain;  ///< those that vouch for it, as far as the file has them
  KeyHandle key;
  /// The DNS names and addresses of its subjectAltName that hosts can have, in lower case.
  std::vector<std::string> names;
  /// What an operator should know: it is out of date, or others can read the key.
  std::vector<std::string> warnings;
};

/// Reads both files. The error names the file, says what is wrong with it and what to do.
Result<CertificateFiles> readCertificateFiles(const CertificateConfig& config);

}  // namespace skiff
