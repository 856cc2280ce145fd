#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"
#include "deploy/blobs/blob_store.h"
#include "deploy/oci/error.h"
#include "deploy/oci/limits.h"
#include "deploy/oci/manifest.h"

namespace skiff {

class RegistryRequests;

/// A manifest as the registry has it.
struct FetchedManifest {
  std::string digest;     ///< of the body, checked
  std::string mediaType;  ///< as the registry says it, without parameters
  std::string body;
};

/// Reads one repository of one registry (OCI distribution-spec). Every call blocks its caller until
/// it is done, the patience is over, or a stop is requested; what may be temporary is tried again.
/// Errors name the registry and the repository. One thread.
class RegistryClient {
 public:
  /// The error: the configured CA file cannot be used.
  static OciResult<std::unique_ptr<RegistryClient>> open(std::string registry,
                                                         std::string repository,
                                                         const OciConfig& config,
                                                         const PullLimits& limits,
                                                         PullPatience patience);
  ~RegistryClient();

  /// The digest that a tag stands for. Nothing if it is `known` still, which costs the registry
  /// least. Empty `known`: none is.
  OciResult<std::optional<std::string>> resolve(const std::string& tag, const std::string& known);
  /// The manifest of a tag or a digest.
  OciResult<FetchedManifest> manifest(const std::string& selector);
  /// What refers to a manifest: an index. Nothing if the registry does not know of referrers.
  OciResult<std::optional<FetchedManifest>> referrers(const std::string& digest);

  /// Brings a blob into the store, from where the writer is; commits it. A writer of what is
  /// incomplete keeps that for another time. `progress` gets the bytes that there are.
  OciResult<void> blob(const OciDescriptor& descriptor, BlobStore::Writer& writer,
                       const std::function<void(std::uint64_t)>& progress);
  /// Whether the registry lets us have the blob, of this size, from this repository; asks without
  /// fetching it. The error: it does not.
  OciResult<void> requireBlob(const OciDescriptor& descriptor);
  /// A small blob in memory, checked; `tooLarge` beyond `most`.
  OciResult<std::string> smallBlob(const OciDescriptor& descriptor, ByteSize most);

 private:
  explicit RegistryClient(std::unique_ptr<RegistryRequests> requests);

  std::unique_ptr<RegistryRequests> requests_;
};

}  // namespace skiff
