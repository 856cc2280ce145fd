#pragma once

#include <span>
#include <string_view>

#include "config/result.h"
#include "deploy/signature/public_key.h"

namespace skiff {

/// Checks a signature of cosign's first form (cosign, specs/SIGNATURE_SPEC.md): `payload`, exactly
/// as it was signed, says that it is one of the image `manifestDigest` ("sha256:<hex>"), and one of
/// `keys` made `signature` (base64) of it. That key, or why not. Nothing of the
/// payload is read before its signature is known to be good. Total; any thread.
Result<PublicKey> verifySimpleSigning(std::string_view payload, std::string_view signature,
                                      std::string_view manifestDigest,
                                      std::span<const PublicKey> keys);

}  // namespace skiff
