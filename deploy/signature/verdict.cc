#include "deploy/signature/verdict.h"

#include <algorithm>
#include <cstdint>

#include "config/printable.h"
#include "deploy/digest.h"
#include "deploy/signature/bundle.h"
#include "deploy/signature/simple_signing.h"

namespace skiff {
namespace {

std::string digestOf(std::string_view bytes) {
  return sha256Digest({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

/// The key that made the signature, or why it does not count.
Result<PublicKey> verifyLayer(const SignatureCandidate& candidate, const SignatureLayer& layer,
                              std::string_view manifestDigest, std::span<const PublicKey> keys) {
  const auto blob =
      std::find_if(candidate.blobs.begin(), candidate.blobs.end(),
                   [&](const SignatureBlob& one) { return one.digest == layer.digest; });
  if (blob == candidate.blobs.end()) {
    return Error{"the registry does not have its blob " + inQuotes(layer.digest)};
  }
  if (blob->bytes.size() != layer.size || digestOf(blob->bytes) != layer.digest) {
    return Error{"the registry has something else for its blob " + inQuotes(layer.digest)};
  }
  if (candidate.form == SignatureForm::referrer) {
    return verifyBundle(blob->bytes, manifestDigest, keys);
  }
  return verifySimpleSigning(blob->bytes, layer.signature, manifestDigest, keys);
}

}  // namespace

Verdict verifySignatures(std::span<const SignatureCandidate> candidates,
                         std::string_view manifestDigest, std::span<const PublicKey> keys) {
  std::vector<std::string> problems;
  for (const SignatureCandidate& candidate :
       candidates.first(std::min(candidates.size(), kMostSignatureCandidates))) {
    const auto layers = signatureLayers(candidate.form, candidate.manifest);
    if (layers.has_error()) {
      problems.push_back(layers.error().message);
      continue;
    }
    for (const SignatureLayer& layer : *layers) {
      const auto key = verifyLayer(candidate, layer, manifestDigest, keys);
      if (key.has_value()) {
        return {SignatureVerdict::verified, key->fingerprint(),
                "the key " + key->fingerprint() + " signed it"};
      }
      problems.push_back(key.error().message);
    }
  }
  if (problems.empty()) {
    return {SignatureVerdict::missing, {}, "there is no signature of it"};
  }
  if (problems.size() == 1) {
    return {SignatureVerdict::refused, {}, "its signature does not count: " + problems.front()};
  }
  return {SignatureVerdict::refused,
          {},
          "none of its " + std::to_string(problems.size()) +
              " signatures counts; the first: " + problems.front()};
}

Result<void> enforce(const SignaturePolicy& policy, const Verdict& verdict) {
  if (policy.mode != SignaturePolicy::Mode::require) return {};
  const auto refuse = [](std::string why) {
    return Error{
        "the tenant's signatures.policy is \"require\", and " + std::move(why) +
        "; sign it with one of the tenant's keys (cosign sign --key), or change the policy"};
  };
  switch (verdict.verdict) {
    case SignatureVerdict::verified:
      break;
    case SignatureVerdict::unchecked:
      return refuse("its signature was not checked when it was deployed");
    case SignatureVerdict::missing:
    case SignatureVerdict::refused:
      return refuse(verdict.detail);
  }
  const auto keys = parsePublicKeys(policy.keys);
  if (keys.has_error()) return refuse(keys.error().message);
  const bool isTrusted = std::any_of(keys->begin(), keys->end(), [&](const PublicKey& key) {
    return key.fingerprint() == verdict.key;
  });
  if (!isTrusted) {
    return refuse("the key " + inQuotes(verdict.key) + " that signed it is not one of its keys");
  }
  return {};
}

}  // namespace skiff
