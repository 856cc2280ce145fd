#include "deploy/oci/attached.h"

#include <utility>

#include "deploy/oci/artifact_source.h"

namespace skiff {
namespace {

/// One reading of what is attached.
class Attached {
 public:
  static OciResult<Attached> open(const OciReference& reference, const PullOptions& options,
                                  const AttachedLimits& limits) {
    auto source =
        ArtifactSource::open(reference, options.config, options.limits, patienceOf(options));
    if (source.has_error()) return source.error();
    return Attached(*std::move(source), reference.registry + "/" + reference.repository, limits);
  }

  /// What lists the referrers of `digest`; nothing if nothing does.
  OciResult<std::optional<FetchedManifest>> referrers(const std::string& digest);
  /// What the selector stands for; nothing if it is not there.
  OciResult<std::optional<FetchedManifest>> find(const std::string& selector);
  /// Takes an artifact, or every entry of an index, that is of the type; of any if it is empty.
  OciResult<void> take(const FetchedManifest& fetched, std::string_view artifactType);

  std::vector<AttachedArtifact> artifacts;

 private:
  Attached(ArtifactSource source, std::string place, const AttachedLimits& limits)
      : source_(std::move(source)), place_(std::move(place)), limits_(limits) {}

  OciResult<OciManifest> parse(const FetchedManifest& fetched) const;
  OciResult<void> takeEntry(const OciDescriptor& entry, std::string_view artifactType);
  OciResult<void> takeArtifact(const std::string& digest, OciManifest manifest,
                               std::string_view artifactType);
  OciError tooLarge(const std::string& what) const {
    return {OciError::Kind::tooLarge, place_ + " has " + what + " attached to the artifact"};
  }

  ArtifactSource source_;
  std::string place_;
  AttachedLimits limits_;
  std::uint64_t bytes_ = 0;
};

OciResult<std::optional<FetchedManifest>> Attached::find(const std::string& selector) {
  using Answer = std::optional<FetchedManifest>;
  auto fetched = source_.manifest(selector);
  if (fetched.has_value()) return Answer(*std::move(fetched));
  if (fetched.error().kind == OciError::Kind::notFound) return Answer();
  return fetched.error();
}

OciResult<std::optional<FetchedManifest>> Attached::referrers(const std::string& digest) {
  auto list = source_.referrers(digest);
  if (list.has_error() || *list) return list;
  return find(tagOfDigest(digest));
}

OciResult<OciManifest> Attached::parse(const FetchedManifest& fetched) const {
  auto manifest = parseManifest(fetched.body, fetched.mediaType);
  if (manifest.has_value()) return *std::move(manifest);
  return OciError{OciError::Kind::protocol, place_ + " has a manifest " + fetched.digest +
                                                " that " + manifest.error().message};
}

OciResult<void> Attached::take(const FetchedManifest& fetched, std::string_view artifactType) {
  auto manifest = parse(fetched);
  if (manifest.has_error()) return manifest.error();
  if (manifest->kind == OciManifest::Kind::image) {
    return takeArtifact(fetched.digest, *std::move(manifest), artifactType);
  }
  for (const OciDescriptor& entry : manifest->entries) {
    const auto taken = takeEntry(entry, artifactType);
    if (taken.has_error()) return taken;
  }
  return {};
}

OciResult<void> Attached::takeEntry(const OciDescriptor& entry, std::string_view artifactType) {
  // Who does not say what it is may still be of the type.
  if (!artifactType.empty() && !entry.artifactType.empty() && entry.artifactType != artifactType) {
    return {};
  }
  // Before it is asked for: a list may be long.
  if (artifacts.size() == limits_.artifacts) {
    return tooLarge("more than " + std::to_string(limits_.artifacts) + " artifacts");
  }
  const auto fetched = find(entry.digest);
  if (fetched.has_error()) return fetched.error();
  if (!*fetched) return {};  // removed since
  auto manifest = parse(**fetched);
  if (manifest.has_error()) return manifest.error();
  if (manifest->kind != OciManifest::Kind::image) return {};
  return takeArtifact(entry.digest, *std::move(manifest), artifactType);
}

OciResult<void> Attached::takeArtifact(const std::string& digest, OciManifest manifest,
                                       std::string_view artifactType) {
  // An artifact without a type of its own is of its config's (image-spec, manifest.md).
  const std::string& type =
      manifest.artifactType.empty() ? manifest.config.mediaType : manifest.artifactType;
  if (!artifactType.empty() && type != artifactType) return {};
  AttachedArtifact artifact{digest, std::move(manifest), {}};
  for (const OciDescriptor& layer : artifact.manifest.entries) {
    if (layer.size > limits_.total.bytes() - bytes_) {
      return tooLarge("more than " + limits_.total.text());
    }
    auto content = source_.smallBlob(layer, limits_.blob);
    if (content.has_error()) return content.error();
    bytes_ += layer.size;
    artifact.layers.push_back({layer, *std::move(content)});
  }
  artifacts.push_back(std::move(artifact));
  return {};
}

}  // namespace

std::string tagOfDigest(std::string digest) {
  if (const std::size_t colon = digest.find(':'); colon != digest.npos) digest[colon] = '-';
  return digest;
}

OciResult<std::vector<AttachedArtifact>> fetchReferrers(const OciReference& reference,
                                                        const std::string& digest,
                                                        std::string_view artifactType,
                                                        const PullOptions& options,
                                                        const AttachedLimits& limits) {
  auto attached = Attached::open(reference, options, limits);
  if (attached.has_error()) return attached.error();
  const auto list = attached->referrers(digest);
  if (list.has_error()) return list.error();
  if (*list) {
    const auto taken = attached->take(**list, artifactType);
    if (taken.has_error()) return taken.error();
  }
  return std::move(attached->artifacts);
}

OciResult<std::vector<AttachedArtifact>> fetchTag(const OciReference& reference,
                                                  const std::string& tag,
                                                  const PullOptions& options,
                                                  const AttachedLimits& limits) {
  auto attached = Attached::open(reference, options, limits);
  if (attached.has_error()) return attached.error();
  const auto found = attached->find(tag);
  if (found.has_error()) return found.error();
  if (*found) {
    const auto taken = attached->take(**found, {});
    if (taken.has_error()) return taken.error();
  }
  return std::move(attached->artifacts);
}

}  // namespace skiff
