#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "config/signature_policy.h"
#include "deploy/catalog/records.h"
#include "deploy/signature/public_key.h"
#include "deploy/signature/signature_layers.h"

namespace skiff {

/// A blob as it was fetched.
struct SignatureBlob {
  std::string digest;  ///< that it was asked for by
  std::string bytes;
};

/// What a registry has that may be a signature: a manifest, and the blobs that its
/// signatureLayers() ask for, those of them that could be had.
struct SignatureCandidate {
  SignatureForm form = SignatureForm::tag;
  std::string manifest;  ///< JSON, as it came
  std::vector<SignatureBlob> blobs;
};

/// What was found out about the signatures of an image.
struct Verdict {
  SignatureVerdict verdict = SignatureVerdict::missing;
  std::string key;     ///< the fingerprint of the key that signed; of `verified` alone
  std::string detail;  ///< one sentence: who signed, or why nobody did
};

/// More candidates than these are not looked at.
inline constexpr std::size_t kMostSignatureCandidates = 64;

/// Whether one of `keys` signed the image `manifestDigest` ("sha256:<hex>"), one good signature
/// among the candidates being enough. What was uploaded, and not pulled, has no candidates. Total:
/// candidates may hold anything. Pure; any thread.
Verdict verifySignatures(std::span<const SignatureCandidate> candidates,
                         std::string_view manifestDigest, std::span<const PublicKey> keys);

/// Whether `policy` lets be loaded what got `verdict`. With `require`, it must be verified, and by
/// a key that the policy still has: a policy may have changed since. The error says why not and
/// what to do.
Result<void> enforce(const SignaturePolicy& policy, const Verdict& verdict);

}  // namespace skiff
