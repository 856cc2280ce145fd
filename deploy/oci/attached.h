#pragma once

#include <string>
#include <vector>

#include "deploy/oci/error.h"
#include "deploy/oci/manifest.h"
#include "deploy/oci/pull.h"
#include "deploy/oci/reference.h"

namespace skiff {

/// A layer of what is attached to an artifact, in memory; its digest and size are checked.
struct AttachedBlob {
  OciDescriptor descriptor;
  std::string content;
};

/// A small artifact beside another: a signature, an attestation.
struct AttachedArtifact {
  std::string digest;
  OciManifest manifest;
  std::vector<AttachedBlob> layers;
};

/// How much of that is read; more is `tooLarge`.
struct AttachedLimits {
  std::size_t artifacts = 64;
  ByteSize blob = 1_MiB;
  ByteSize total = 8_MiB;
};

/// What in the repository of `reference` refers to the manifest `digest` and is of the type
/// `artifactType` (distribution-spec, "Listing Referrers"; where the registry does not know of
/// referrers, what the tag "sha256-<hex>" lists). Empty if there is nothing. Only the first page of
/// a registry's list is read. Blocks; any thread.
OciResult<std::vector<AttachedArtifact>> fetchReferrers(const OciReference& reference,
                                                        const std::string& digest,
                                                        std::string_view artifactType,
                                                        const PullOptions& options,
                                                        const AttachedLimits& limits = {});

/// What the tag stands for in the repository of `reference`, such as "sha256-<hex>.sig". Empty if
/// there is no such tag. Blocks; any thread.
OciResult<std::vector<AttachedArtifact>> fetchTag(const OciReference& reference,
                                                  const std::string& tag,
                                                  const PullOptions& options,
                                                  const AttachedLimits& limits = {});

/// "sha256-<hex>" for "sha256:<hex>": the tag at which things about a digest are found.
std::string tagOfDigest(std::string digest);

}  // namespace skiff
