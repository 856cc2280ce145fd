#pragma once

#include <string_view>

#include "config/result.h"
#include "config/signature_policy.h"
#include "deploy/catalog/records.h"
#include "server/app_spec.h"

namespace skiff {

/// Whether the policy, as it is now, lets the version be served; the error says why not.
Result<void> enforceSignature(const VersionRecord& version, const SignaturePolicy& policy);

/// What an image's config says of arguments and environment, into `spec`.
void readImageSettings(std::string_view settings, VersionSpec& spec);

}  // namespace skiff
