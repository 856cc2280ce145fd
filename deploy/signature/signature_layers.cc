#include "deploy/signature/signature_layers.h"

#include <algorithm>

#include "deploy/signature/bounded_json.h"
#include "deploy/signature/bundle.h"

namespace skiff {
namespace {

namespace json = boost::json;

constexpr std::string_view kPayloadType = "application/vnd.dev.cosign.simplesigning.v1+json";
constexpr std::string_view kSignature = "dev.cosignproject.cosign/signature";
constexpr std::string_view kPredicate = "dev.sigstore.bundle.predicateType";

/// Whether a referrer holds a signature, as far as its manifest tells. Not every registry and tool
/// keeps the annotations.
bool isSignature(const json::value& manifest) {
  std::string_view type = textAt(manifest, {"artifactType"});
  if (type.empty()) type = textAt(manifest, {"config", "mediaType"});
  const std::string_view predicate = textAt(manifest, {"annotations", kPredicate});
  return type == kBundleType && (predicate.empty() || predicate == kSignPredicate);
}

}  // namespace

std::string signatureTag(std::string_view manifestDigest) {
  std::string tag(manifestDigest);
  std::replace(tag.begin(), tag.end(), ':', '-');
  return tag + ".sig";
}

Result<std::vector<SignatureLayer>> signatureLayers(SignatureForm form, std::string_view manifest) {
  const auto parsed = parseSignatureJson(manifest, "the signature's manifest");
  if (parsed.has_error()) return parsed.error();
  if (!parsed->is_object()) return Error{"the signature's manifest is no JSON object"};
  std::vector<SignatureLayer> layers;
  if (form == SignatureForm::referrer && !isSignature(*parsed)) return layers;
  const std::string_view wanted = form == SignatureForm::tag ? kPayloadType : kBundleType;
  for (const json::value& layer : listAt(*parsed, {"layers"})) {
    if (layers.size() == kMostSignatureLayers) break;
    if (textAt(layer, {"mediaType"}) != wanted) continue;
    const json::value* size = valueAt(layer, {"size"});
    const std::int64_t* bytes = size == nullptr ? nullptr : size->if_int64();
    if (bytes == nullptr || *bytes < 0 ||
        *bytes > static_cast<std::int64_t>(kLargestSignatureJson.bytes())) {
      continue;
    }
    layers.push_back({std::string(textAt(layer, {"digest"})), static_cast<std::uint64_t>(*bytes),
                      std::string(textAt(layer, {"annotations", kSignature}))});
  }
  return layers;
}

}  // namespace skiff
