#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "deploy/signature/verdict.h"

struct evp_pkey_st;

namespace skiff::testing {

/// Padded base64 (RFC 4648, section 4).
std::string encodeBase64(std::string_view bytes);
/// "sha256:<hex>"
std::string digestOf(std::string_view bytes);

/// A key pair that signs as `cosign sign --key` does.
class Signer {
 public:
  enum class Kind { p256, p384, ed25519, rsa2048, rsa1024 };

  explicit Signer(Kind kind = Kind::p256);

  std::string publicPem() const;
  std::string privatePem() const;
  PublicKey publicKey() const;
  /// Bytes, of ECDSA in DER.
  std::string sign(std::string_view message) const;

 private:
  std::shared_ptr<evp_pkey_st> key_;
};

/// An image as a signature speaks of it.
struct SignedImage {
  std::string digest;  ///< of its manifest
  std::uint64_t size = 0;
  std::string mediaType = "application/vnd.oci.image.manifest.v1+json";
};

/// What cosign's first form signs.
std::string simpleSigningPayload(std::string_view digest,
                                 std::string_view type = "cosign container image signature");

/// What a bundle says. As it is, that of a good signature.
struct BundleText {
  std::string mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";
  std::string payloadType = "application/vnd.in-toto+json";
  std::string statementType = "https://in-toto.io/Statement/v1";
  std::string predicate = "https://sigstore.dev/cosign/sign/v1";
};

std::string statement(std::string_view digest, const BundleText& text = {});
/// A bundle around `payload`; `signatures` is the JSON list of its envelope.
std::string bundleAround(std::string_view payload, std::string_view signatures,
                         const BundleText& text = {});
/// A signature for such a list, over what `text` and `payload` say.
std::string envelopeSignature(const Signer& signer, std::string_view payload,
                              const BundleText& text = {});
std::string bundle(const Signer& signer, std::string_view digest, const BundleText& text = {});

/// A layer of a signature's manifest.
struct SignatureText {
  std::string blob;
  std::string signature;  ///< base64; of the first form alone
};

/// Candidates as a registry has them.
SignatureCandidate tagCandidate(const std::vector<SignatureText>& layers);
SignatureCandidate referrerCandidate(const SignedImage& image, std::string_view bundle);
/// The image's signature in either form.
SignatureCandidate sign(const Signer& signer, SignatureForm form, const SignedImage& image);

/// Writes the candidate as an OCI image layout that skopeo copies to a registry, and gives back the
/// tag that it is to have there: `skopeo copy oci:FOLDER:TAG docker://REGISTRY/REPOSITORY:TAG`.
/// As a referrer, that is the index by which referrers are found where a registry has no API for
/// them (distribution-spec, "Referrers Tag Schema"): add --all and leave --preserve-digests out,
/// since Debian's skopeo 1.9 drops the index's artifactType (that of the manifest stays).
std::string writeLayout(const std::filesystem::path& folder, const SignatureCandidate& candidate,
                        const SignedImage& image);

}  // namespace skiff::testing
