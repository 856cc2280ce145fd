#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/config.h"

namespace skiff::testing {

/// A self-made certificate and its key, in PEM.
struct TestCertificate {
  enum class Kind { p256, rsa2048, rsa1024 };
  struct Options {
    std::string commonName = "test";
    std::string subjectAltName = "DNS:test";  ///< as openssl.cnf has it; empty: none
    Kind kind = Kind::p256;
    long begin = -3600;  ///< seconds from now
    long end = 3600;
  };
  /// Throws if OpenSSL does not make it.
  static TestCertificate make(const Options& options);

  /// Writes both into `folder` as `name`.pem and `name`.key, which only the user may read.
  CertificateConfig write(const std::filesystem::path& folder, const std::string& name) const;

  std::string certificate;
  std::string key;
};

}  // namespace skiff::testing
