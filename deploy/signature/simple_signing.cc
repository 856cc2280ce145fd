#include "deploy/signature/simple_signing.h"

#include "config/printable.h"
#include "deploy/signature/base64.h"
#include "deploy/signature/bounded_json.h"

namespace skiff {
namespace {

constexpr std::string_view kType = "cosign container image signature";

Result<void> checkPayload(std::string_view payload, std::string_view manifestDigest) {
  const auto json = parseSignatureJson(payload, "the signed payload");
  if (json.has_error()) return json.error();
  const std::string_view type = textAt(*json, {"critical", "type"});
  if (type != kType) {
    return Error{"what was signed says it is " + inQuotes(type) + ", not a " + std::string(kType)};
  }
  const std::string_view image = textAt(*json, {"critical", "image", "docker-manifest-digest"});
  if (image != manifestDigest) {
    return Error{"what was signed is the image " + inQuotes(image) + ", not " +
                 std::string(manifestDigest)};
  }
  return {};
}

}  // namespace

Result<PublicKey> verifySimpleSigning(std::string_view payload, std::string_view signature,
                                      std::string_view manifestDigest,
                                      std::span<const PublicKey> keys) {
  const auto bytes = decodeBase64(signature);
  if (!bytes) return Error{"the signature is not base64"};
  for (const PublicKey& key : keys) {
    if (!key.verifies(payload, *bytes)) continue;
    if (auto checked = checkPayload(payload, manifestDigest); checked.has_error()) {
      return checked.error();
    }
    return key;
  }
  return Error{"none of the tenant's keys made the signature"};
}

}  // namespace skiff
