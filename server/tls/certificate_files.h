#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "server/tls/pem.h"

namespace skiff {

/// A certificate and its key, as they were in their files; they belong together.
struct CertificateFiles {
  PemChain chain;
  KeyHandle key;
  /// What an operator should know: it is out of date, or others can read the key.
  std::vector<std::string> warnings;
};

/// Reads both files. The error names the file, says what is wrong with it and what to do.
Result<CertificateFiles> readCertificateFiles(const std::filesystem::path& certificate,
                                              const std::filesystem::path& key);

/// A file of certificates that others are checked against. The same of errors.
Result<std::vector<X509Handle>> readAuthorities(const std::filesystem::path& file);

}  // namespace skiff
