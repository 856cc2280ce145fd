#include "server/api/image_signatures.h"

#include <boost/json.hpp>
#include <utility>
#include <vector>

#include "deploy/oci/attached.h"
#include "deploy/signature/signature_layers.h"

namespace skiff {
namespace {

namespace json = boost::json;

/// What cosign 3 attaches (sigstore's bundle, version 0.3).
constexpr std::string_view kBundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";

json::object jsonOf(const OciDescriptor& descriptor) {
  json::object annotations;
  for (const auto& [name, value] : descriptor.annotations) annotations[name] = value;
  return {{"mediaType", descriptor.mediaType},
          {"digest", descriptor.digest},
          {"size", descriptor.size},
          {"annotations", std::move(annotations)}};
}

/// The manifest as JSON again. Nothing rests on its bytes: what is signed is the payload.
std::string manifestText(const OciManifest& manifest) {
  json::array layers;
  for (const OciDescriptor& layer : manifest.entries) layers.push_back(jsonOf(layer));
  json::object text{{"schemaVersion", 2},
                    {"mediaType", kOciManifestType},
                    {"config", jsonOf(manifest.config)},
                    {"layers", std::move(layers)}};
  if (!manifest.artifactType.empty()) text["artifactType"] = manifest.artifactType;
  return json::serialize(text);
}

void addCandidates(std::vector<AttachedArtifact> artifacts, SignatureForm form,
                   std::vector<SignatureCandidate>& candidates) {
  for (AttachedArtifact& artifact : artifacts) {
    SignatureCandidate candidate{
        .form = form, .manifest = manifestText(artifact.manifest), .blobs = {}};
    for (AttachedBlob& blob : artifact.layers) {
      candidate.blobs.push_back({blob.descriptor.digest, std::move(blob.content)});
    }
    candidates.push_back(std::move(candidate));
  }
}

}  // namespace

OciResult<Verdict> verifyImage(const OciReference& reference, const std::string& digest,
                               const SignaturePolicy& policy, const PullOptions& options) {
  if (policy.mode == SignaturePolicy::Mode::off) {
    return Verdict{SignatureVerdict::unchecked, {}, "The tenant's policy is off."};
  }
  const auto keys = parsePublicKeys(policy.keys);
  if (keys.has_error()) {
    return Verdict{SignatureVerdict::refused, {}, keys.error().message};
  }
  std::vector<SignatureCandidate> candidates;
  auto tagged = fetchTag(reference, signatureTag(digest), options);
  if (tagged.has_error()) return tagged.error();
  addCandidates(*std::move(tagged), SignatureForm::tag, candidates);
  auto referring = fetchReferrers(reference, digest, kBundleType, options);
  if (referring.has_error()) return referring.error();
  addCandidates(*std::move(referring), SignatureForm::referrer, candidates);
  Verdict verdict = verifySignatures(candidates, digest, *keys);
  // By this a version tells later which key it was.
  if (!verdict.key.empty() && verdict.detail.find(verdict.key) == std::string::npos) {
    verdict.detail += " (" + verdict.key + ")";
  }
  return verdict;
}

}  // namespace skiff
