#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"

struct evp_pkey_st;

namespace skiff {

/// A key that signatures are checked with: ECDSA on P-256 with SHA-256 (what cosign makes),
/// Ed25519, or RSA of 2,048 to 8,192 bits (PKCS #1 v1.5 with SHA-256). Copies share the key. Any
/// thread.
class PublicKey {
 public:
  /// Reads PEM of a SubjectPublicKeyInfo ("BEGIN PUBLIC KEY"): one key and nothing else. Errors say
  /// what to give instead.
  static Result<PublicKey> parse(std::string_view pem);

  /// "sha256:<hex>" of the key's SubjectPublicKeyInfo in DER, which names it.
  const std::string& fingerprint() const { return fingerprint_; }
  /// Whether `signature` (of ECDSA: in DER) is this key's of `message`.
  bool verifies(std::string_view message, std::span<const std::uint8_t> signature) const;

 private:
  PublicKey(std::shared_ptr<evp_pkey_st> key, std::string fingerprint)
      : key_(std::move(key)), fingerprint_(std::move(fingerprint)) {}

  std::shared_ptr<evp_pkey_st> key_;
  std::string fingerprint_;
};

/// Parses each; the error names the first that is none by its number.
Result<std::vector<PublicKey>> parsePublicKeys(const std::vector<std::string>& pems);

}  // namespace skiff
