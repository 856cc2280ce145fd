#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "deploy/blobs/blob_store.h"
#include "deploy/oci/error.h"
#include "deploy/oci/layout.h"
#include "deploy/oci/limits.h"
#include "deploy/oci/reference.h"

namespace skiff {

struct PullOptions {
  OciConfig config;
  PullLimits limits;
  std::stop_token stop;
  /// Of all calls that are given these options, beside `limits.time` of each.
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  /// Whether what the store has of a digest may be used without asking the registry whether it lets
  /// us have it. Empty: nothing may.
  std::function<bool(std::string_view digest)> owns = {};
};

/// How long a call with the options waits that begins now.
PullPatience patienceOf(const PullOptions& options);

enum class PullStep : std::uint8_t {
  resolve,  ///< which manifest it is; no bytes are counted
  fetch,    ///< its blobs
};

/// Called on the pulling thread: how many bytes there are of how many.
using PullProgress = std::function<void(PullStep step, std::uint64_t bytes, std::uint64_t total)>;

/// An artifact that is complete in the store.
struct PullResult {
  std::string digest;    ///< what the reference stands for: what signatures are over
  std::string manifest;  ///< the manifest that was taken: `digest`, or an entry of that index
  ArtifactLayout layout = ArtifactLayout::wasm;
  std::string module;                   ///< the module's digest; empty for an image
  std::string config;                   ///< the config's digest
  std::string configType;               ///< its media type
  std::vector<OciDescriptor> layers;    ///< of an image, the lowest first
  std::vector<std::string> blobs;       ///< all digests, manifests included: what a version needs
  std::uint64_t bytes = 0;              ///< of the config, the module and the layers
  std::shared_ptr<BlobStore::Pin> pin;  ///< keeps `blobs` in the store
};

/// Brings what `reference` names into the store. Blobs that are there already are not fetched, once
/// the registry says that the repository has them; of what is owned, it is not even asked, so a
/// reference with a digest that is there and owned as a whole needs no registry. Every digest and
/// size is checked. What fails leaves nothing but blobs that the store's next collect() removes,
/// and what was cut, for the next try. Blocks; any thread.
OciResult<PullResult> pullArtifact(const OciReference& reference, const PullOptions& options,
                                   BlobStore& store, const PullProgress& progress);

/// The digest that the reference's tag stands for now, asked for in a way that costs the registry
/// next to nothing. Nothing if it is `known` still; empty `known`: none is. A reference without a
/// tag is `badReference`. Blocks; any thread.
OciResult<std::optional<std::string>> resolveTag(const OciReference& reference,
                                                 const PullOptions& options,
                                                 const std::string& known);

}  // namespace skiff
