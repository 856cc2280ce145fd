#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"

namespace skiff {

/// Where in a registry cosign puts an image's signatures.
enum class SignatureForm : std::uint8_t {
  tag,       ///< the first form: the manifest with the tag signatureTag()
  referrer,  ///< since cosign 3: manifests that refer to the image's, each with a bundle
};

/// A signature that a manifest leads to.
struct SignatureLayer {
  std::string digest;      ///< "sha256:<hex>" of the blob: the payload, or the bundle
  std::uint64_t size = 0;  ///< of the blob, in bytes; at most kLargestSignatureJson
  std::string signature;   ///< base64; of the first form alone
};

/// More signatures than these in one manifest are not looked at.
inline constexpr std::size_t kMostSignatureLayers = 32;

/// "sha256-<hex>.sig" for "sha256:<hex>".
std::string signatureTag(std::string_view manifestDigest);

/// The signatures that `manifest`, the JSON of an OCI image manifest as it came, leads to: their
/// blobs are what to fetch. What holds none, as a referrer with a bill of materials does, gives an
/// empty list; the error is for what is not a manifest. Total; any thread.
Result<std::vector<SignatureLayer>> signatureLayers(SignatureForm form, std::string_view manifest);

}  // namespace skiff
