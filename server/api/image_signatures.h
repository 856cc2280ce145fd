#pragma once

// Internal to this folder: it is about how registries are spoken to.

#include <string>

#include "config/signature_policy.h"
#include "deploy/oci/pull.h"
#include "deploy/signature/verdict.h"

namespace skiff {

/// Fetches what signatures of the manifest `digest` there are beside it, in both of cosign's forms,
/// and says what they show. `unchecked` if the policy is off. Blocks; any thread.
OciResult<Verdict> verifyImage(const OciReference& reference, const std::string& digest,
                               const SignaturePolicy& policy, const PullOptions& options);

}  // namespace skiff
