#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/signature_policy.h"
#include "deploy/catalog/records.h"
#include "server/app_spec.h"

namespace skiff {

/// What names a public key in a version's `signatureDetail`: "sha256:<hex>" of what its PEM holds.
/// Empty if the text is no PEM.
std::string keyFingerprint(std::string_view pem);

/// Whether the policy lets the version be served: with `require` only if one of the policy's keys,
/// as they are now, has signed it.
bool isSignedAsRequired(const VersionRecord& version, const SignaturePolicy& policy);

/// What an image's config says of arguments and environment, into `spec`.
void readImageSettings(std::string_view settings, VersionSpec& spec);

}  // namespace skiff
