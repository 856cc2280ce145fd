#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "config/config.h"
#include "server/api/image_source.h"

namespace skiff {

struct OciReference;
struct PullOptions;
struct PullResult;

/// Images from OCI registries: pulled into the store of blobs, their signatures verified, and the
/// layers of container images merged into a tree.
class RegistryImages final : public ImageSource {
 public:
  /// `registries`: [registry."…"] as they are now. REQUIRES: `blobs` outlives it.
  RegistryImages(BlobStore& blobs, DeployConfig deploy, std::function<OciConfig()> registries)
      : blobs_(blobs), deploy_(deploy), registries_(std::move(registries)) {}

  Result<Pulled, Failure> pull(const std::string& reference, const Access& access,
                               const SignaturePolicy& signatures,
                               const std::function<bool(const Progress&)>& progress) override;
  Result<std::optional<std::string>, Failure> resolve(const std::string& reference,
                                                      const Access& access,
                                                      const std::string& known) override;

 private:
  PullOptions optionsFor(const OciReference& reference, const Access& access) const;
  /// The tree of a container image, and the module in it.
  Result<void, Failure> unpack(const PullResult& fetched, Pulled& pulled);

  BlobStore& blobs_;
  const DeployConfig deploy_;
  const std::function<OciConfig()> registries_;
};

}  // namespace skiff
