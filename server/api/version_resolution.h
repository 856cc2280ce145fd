#pragma once

#include <string_view>

#include "config/result.h"
#include "config/signature_policy.h"
#include "deploy/catalog/records.h"
#include "server/app_spec.h"

namespace skiff {

/// Whether the policy, as it is now, lets the version be served; the error says why not.
Result<void> enforceSignature(const VersionRecord& version, const SignaturePolicy& policy);

/// What an image's config says of arguments and environment, into `spec`; its working directory, if
/// that is not "/", as the variable PWD unless the image sets that itself.
void readImageSettings(std::string_view settings, VersionSpec& spec);

}  // namespace skiff
