#include "deploy/oci/artifact_source.h"

#include <algorithm>
#include <utility>

namespace skiff {
namespace {

/// There is the registry to go to.
constexpr unsigned kMirrorAttempts = 2;

/// Whether the registry may do better.
bool isTheMirrors(OciError::Kind kind) {
  return kind != OciError::Kind::cancelled && kind != OciError::Kind::storeFull &&
         kind != OciError::Kind::storage;
}

bool isOutOfReach(OciError::Kind kind) {
  return kind == OciError::Kind::unreachable || kind == OciError::Kind::tls;
}

}  // namespace

OciResult<ArtifactSource> ArtifactSource::open(const OciReference& reference,
                                               const OciConfig& config, const PullLimits& limits,
                                               const PullPatience& patience) {
  ArtifactSource source;
  if (const auto mirror = config.of(reference.registry).mirror) {
    PullLimits fewer = limits;
    fewer.attempts = std::min(limits.attempts, kMirrorAttempts);
    auto opened = RegistryClient::open(*mirror, reference.repository, config, fewer, patience);
    if (opened.has_error()) return opened.error();
    source.mirror_ = *std::move(opened);
  }
  auto opened =
      RegistryClient::open(reference.registry, reference.repository, config, limits, patience);
  if (opened.has_error()) return opened.error();
  source.registry_ = *std::move(opened);
  return source;
}

template <class T, class Ask>
OciResult<T> ArtifactSource::firstOf(Ask ask) {
  if (!mirror_) return ask(*registry_);
  auto answer = ask(*mirror_);
  if (answer.has_value() || !isTheMirrors(answer.error().kind)) return answer;
  const OciError before = answer.error();
  if (isOutOfReach(before.kind)) mirror_.reset();
  answer = ask(*registry_);
  if (answer.has_value()) return answer;
  OciError error = answer.error();
  error.message += "; before that, its mirror " + before.message;
  return error;
}

OciResult<std::optional<std::string>> ArtifactSource::resolve(const std::string& tag,
                                                              const std::string& known) {
  return firstOf<std::optional<std::string>>(
      [&](RegistryClient& client) { return client.resolve(tag, known); });
}

OciResult<FetchedManifest> ArtifactSource::manifest(const std::string& selector) {
  return firstOf<FetchedManifest>(
      [&](RegistryClient& client) { return client.manifest(selector); });
}

OciResult<std::optional<FetchedManifest>> ArtifactSource::referrers(const std::string& digest) {
  return firstOf<std::optional<FetchedManifest>>(
      [&](RegistryClient& client) { return client.referrers(digest); });
}

OciResult<void> ArtifactSource::blob(const OciDescriptor& descriptor, BlobStore::Writer& writer,
                                     const std::function<void(std::uint64_t)>& progress) {
  return firstOf<void>(
      [&](RegistryClient& client) { return client.blob(descriptor, writer, progress); });
}

OciResult<void> ArtifactSource::requireBlob(const OciDescriptor& descriptor) {
  return firstOf<void>([&](RegistryClient& client) { return client.requireBlob(descriptor); });
}

OciResult<std::string> ArtifactSource::smallBlob(const OciDescriptor& descriptor, ByteSize most) {
  return firstOf<std::string>(
      [&](RegistryClient& client) { return client.smallBlob(descriptor, most); });
}

}  // namespace skiff
