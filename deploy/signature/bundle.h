#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/result.h"
#include "deploy/signature/public_key.h"

namespace skiff {

/// The media type of a bundle, and the artifact type of the manifest that holds one.
inline constexpr std::string_view kBundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// What cosign's statements about an image's signature are called.
inline constexpr std::string_view kSignPredicate = "https://sigstore.dev/cosign/sign/v1";

/// Checks a signature of the form since cosign 3, a Sigstore bundle v0.3
/// (protobuf-specs, sigstore_bundle.proto) whose content is a DSSE envelope (dsse, envelope.md and
/// protocol.md) around an in-toto statement (in-toto attestation, spec/v1/statement.md): one of
/// `keys` signed the statement, it is one of cosign's about signing, and the image `manifestDigest`
/// ("sha256:<hex>") is among its subjects. That key, or why not. Nothing of the
/// statement is read before its signature is known to be good; certificates and transparency logs
/// are not looked at. Total; any thread.
Result<PublicKey> verifyBundle(std::string_view bundle, std::string_view manifestDigest,
                               std::span<const PublicKey> keys);

/// What a DSSE signature is over: "DSSEv1 <len(type)> <type> <len(body)> <body>".
std::string dssePreAuthEncoding(std::string_view payloadType, std::string_view payload);

}  // namespace skiff
