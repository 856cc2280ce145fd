#pragma once

#include <string>

#include "tests/deploy/oci/certificates.h"

struct evp_pkey_st;

namespace skiff::testing {

/// Signs tokens as a registry's token server does: RS256, with the certificate beside (x5c). The
/// issuer is "issuer", the service "service", and the repository always "t/app".
class TokenSigner {
 public:
  explicit TokenSigner(const Certificates& certificates);
  ~TokenSigner();
  TokenSigner(const TokenSigner&) = delete;
  TokenSigner& operator=(const TokenSigner&) = delete;

  /// `actions`: a JSON list's items, such as "\"pull\"".
  std::string token(const std::string& actions) const;

 private:
  evp_pkey_st* key_ = nullptr;
  std::string certificate_;
};

}  // namespace skiff::testing
