#pragma once

#include <memory>
#include <optional>
#include <string>

#include "deploy/oci/reference.h"
#include "deploy/oci/registry_client.h"

namespace skiff {

/// Where an artifact comes from: its registry's mirror, if one is configured, and the registry for
/// what the mirror does not give. A mirror that cannot be reached is not asked again. One thread.
class ArtifactSource {
 public:
  static OciResult<ArtifactSource> open(const OciReference& reference, const OciConfig& config,
                                        const PullLimits& limits, const PullPatience& patience);

  // As RegistryClient has them.
  OciResult<std::optional<std::string>> resolve(const std::string& tag, const std::string& known);
  OciResult<FetchedManifest> manifest(const std::string& selector);
  OciResult<std::optional<FetchedManifest>> referrers(const std::string& digest);
  OciResult<void> blob(const OciDescriptor& descriptor, BlobStore::Writer& writer,
                       const std::function<void(std::uint64_t)>& progress);
  OciResult<void> requireBlob(const OciDescriptor& descriptor);
  OciResult<std::string> smallBlob(const OciDescriptor& descriptor, ByteSize most);

 private:
  ArtifactSource() = default;

  template <class T, class Ask>
  OciResult<T> firstOf(Ask ask);

  std::unique_ptr<RegistryClient> mirror_;
  std::unique_ptr<RegistryClient> registry_;
};

}  // namespace skiff
