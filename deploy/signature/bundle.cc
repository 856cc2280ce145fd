#include "deploy/signature/bundle.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "config/printable.h"
#include "deploy/signature/base64.h"
#include "deploy/signature/bounded_json.h"

namespace skiff {
namespace {

namespace json = boost::json;

constexpr std::string_view kOtherBundleType =
    "application/vnd.dev.sigstore.bundle+json;version=0.3";
constexpr std::string_view kPayloadType = "application/vnd.in-toto+json";
constexpr std::string_view kStatement = "https://in-toto.io/Statement/v1";
constexpr std::string_view kOldStatement = "https://in-toto.io/Statement/v0.1";
// A bundle has one; this bounds what a hostile one costs.
constexpr std::size_t kMostSignatures = 8;

Error foundInstead(std::string_view what, std::string_view found, std::string_view expected) {
  return {std::string(what) + " is " + inQuotes(found) + ", not " + inQuotes(expected)};
}

/// The key that made one of the envelope's signatures of `message`; null if none did.
const PublicKey* findSigner(const json::value& envelope, std::string_view message,
                            std::span<const PublicKey> keys) {
  const json::array& signatures = listAt(envelope, {"signatures"});
  const std::size_t count = std::min(signatures.size(), kMostSignatures);
  for (std::size_t i = 0; i < count; ++i) {
    const auto signature = decodeBase64(textAt(signatures[i], {"sig"}));
    if (!signature) continue;
    for (const PublicKey& key : keys) {
      if (key.verifies(message, *signature)) return &key;
    }
  }
  return nullptr;
}

Result<void> checkStatement(std::string_view payload, std::string_view manifestDigest) {
  const auto statement = parseSignatureJson(payload, "the signed statement");
  if (statement.has_error()) return statement.error();
  const std::string_view type = textAt(*statement, {"_type"});
  if (type != kStatement && type != kOldStatement) {
    return foundInstead("the signed statement's type", type, kStatement);
  }
  const std::string_view predicate = textAt(*statement, {"predicateType"});
  if (predicate != kSignPredicate) {
    return foundInstead("the signed statement's predicate", predicate, kSignPredicate);
  }
  const std::size_t colon = manifestDigest.find(':');
  const std::string_view algorithm = manifestDigest.substr(0, colon);
  const std::string_view hex =
      colon == std::string_view::npos ? std::string_view() : manifestDigest.substr(colon + 1);
  const json::array& subjects = listAt(*statement, {"subject"});
  const bool isSubject = std::any_of(subjects.begin(), subjects.end(), [&](const auto& subject) {
    return !hex.empty() && textAt(subject, {"digest", algorithm}) == hex;
  });
  if (!isSubject) {
    return Error{"the image " + std::string(manifestDigest) +
                 " is not among the subjects of the signed statement"};
  }
  return {};
}

}  // namespace

std::string dssePreAuthEncoding(std::string_view payloadType, std::string_view payload) {
  std::string encoded = "DSSEv1 " + std::to_string(payloadType.size()) + ' ';
  encoded.append(payloadType).append(" ").append(std::to_string(payload.size()));
  return encoded.append(" ").append(payload);
}

Result<PublicKey> verifyBundle(std::string_view bundle, std::string_view manifestDigest,
                               std::span<const PublicKey> keys) {
  const auto parsed = parseSignatureJson(bundle, "the bundle");
  if (parsed.has_error()) return parsed.error();
  const std::string_view type = textAt(*parsed, {"mediaType"});
  if (type != kBundleType && type != kOtherBundleType) {
    return foundInstead("the bundle's media type", type, kBundleType);
  }
  const json::value* envelope = valueAt(*parsed, {"dsseEnvelope"});
  if (envelope == nullptr) return Error{"the bundle has no dsseEnvelope: it is not of an image"};
  const std::string_view payloadType = textAt(*envelope, {"payloadType"});
  if (payloadType != kPayloadType) {
    return foundInstead("the bundle's payload type", payloadType, kPayloadType);
  }
  const auto bytes = decodeBase64(textAt(*envelope, {"payload"}));
  if (!bytes) return Error{"the bundle's payload is not base64"};
  const std::string_view payload(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  const PublicKey* signer = findSigner(*envelope, dssePreAuthEncoding(payloadType, payload), keys);
  if (signer == nullptr) return Error{"none of the tenant's keys made the bundle's signature"};
  if (auto checked = checkStatement(payload, manifestDigest); checked.has_error()) {
    return checked.error();
  }
  return *signer;
}

}  // namespace skiff
