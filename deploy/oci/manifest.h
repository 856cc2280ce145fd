#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/result.h"

namespace skiff {

/// The four types of manifest there are.
inline constexpr std::string_view kOciManifestType = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kOciIndexType = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kDockerManifestType =
    "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view kDockerListType =
    "application/vnd.docker.distribution.manifest.list.v2+json";

/// Names content (image-spec, descriptor.md).
struct OciDescriptor {
  std::string mediaType;
  std::string digest;  ///< see isDigest()
  std::uint64_t size = 0;
  std::string artifactType;
  std::vector<std::pair<std::string, std::string>> annotations;
  std::string os;  ///< of `platform`, in an index
  std::string architecture;

  bool operator==(const OciDescriptor&) const = default;
  /// Empty if it is not there.
  std::string_view annotation(std::string_view name) const;
};

/// A manifest, or an index of manifests (image-spec, manifest.md and image-index.md; Docker's
/// schema 2 is the same but for its names).
struct OciManifest {
  enum class Kind : std::uint8_t { image, index };
  Kind kind = Kind::image;
  std::string mediaType;
  std::string artifactType;
  OciDescriptor config;                ///< of an image
  std::vector<OciDescriptor> entries;  ///< an image's layers, an index's manifests
};

/// Reads a manifest. `contentType`: as the registry says it, or empty where nobody did; a body of
/// another `mediaType` is refused, as is one that could be read as an image and as an index. Total.
/// The error is a reason only.
Result<OciManifest> parseManifest(std::string_view body, std::string_view contentType);

/// The media type of a Content-Type field: in lower case, without parameters.
std::string mediaTypeOf(std::string_view contentType);

}  // namespace skiff
