#pragma once

#include <cstdint>
#include <functional>

#include "deploy/blobs/blob_store.h"
#include "deploy/oci/manifest.h"
#include "deploy/oci/registry_requests.h"

namespace skiff {

/// Brings one blob from a registry into the store: see RegistryClient::blob(). What is cut goes on
/// where it was (RFC 9110, section 14), also from an earlier pull. One thread.
class BlobTransfer {
 public:
  /// REQUIRES: everything outlives it.
  BlobTransfer(RegistryRequests& requests, const OciDescriptor& descriptor,
               BlobStore::Writer& writer, const std::function<void(std::uint64_t)>& progress);

  OciResult<void> run();

 private:
  TransportResult<void> attempt();
  /// Asks for what is missing, and sets the writer to where the answer begins.
  TransportResult<HttpResponse> begin();
  TransportResult<void> receive();
  TransportResult<void> commit();
  TransportResult<void> startOver();

  RegistryRequests& requests_;
  const OciDescriptor& descriptor_;
  BlobStore::Writer& writer_;
  const std::function<void(std::uint64_t)>& progress_;
  Retry retry_;
  bool isPatched_ = false;  ///< what is there is not from one answer
  bool mayAskForRest_ = true;
};

}  // namespace skiff
