// What the tests sign with, against other people's tools: openssl and skopeo.

#include "tests/deploy/signature/signer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "deploy/signature/simple_signing.h"
#include "tests/temporary_directory.h"

namespace skiff::testing {
namespace {

/// Runs `command` there; what it prints goes to the file "output".
void run(const TemporaryDirectory& folder, const std::string& command) {
  const std::string line =
      "cd '" + folder.path().string() + "' && exec " + command + " >output 2>&1 </dev/null";
  ASSERT_EQ(std::system(line.c_str()), 0) << command << ": " << folder.read("output");
}

const SignedImage kImage{digestOf("an image's manifest"), 19};

TEST(OpensslsSignatures, AreVerified) {
  const TemporaryDirectory folder;
  const std::string payload = simpleSigningPayload(kImage.digest);
  folder.write("payload", payload);
  run(folder, "openssl ecparam -name prime256v1 -genkey -noout -out key.pem");
  run(folder, "openssl pkey -in key.pem -pubout -out public.pem");
  run(folder, "openssl dgst -sha256 -sign key.pem -out signature payload");
  run(folder, "openssl base64 -A -in signature -out signature.base64");
  const auto key = PublicKey::parse(folder.read("public.pem"));
  ASSERT_TRUE(key.has_value()) << key.error().message;
  const auto signer = verifySimpleSigning(payload, folder.read("signature.base64"), kImage.digest,
                                          {&key.value(), 1});
  ASSERT_TRUE(signer.has_value()) << signer.error().message;
  run(folder, "sh -c 'openssl pkey -pubin -in public.pem -outform DER | sha256sum'");
  EXPECT_EQ("sha256:" + folder.read("output").substr(0, 64), signer->fingerprint());
}

TEST(SignatureLayouts, OfTheFirstFormAreCopiedBySkopeoAsTheyAre) {
  const TemporaryDirectory folder;
  const Signer signer;
  const SignatureCandidate candidate = sign(signer, SignatureForm::tag, kImage);
  const std::string tag = writeLayout(folder.path() / "layout", candidate, kImage);
  EXPECT_EQ(tag, signatureTag(kImage.digest));
  run(folder, "skopeo copy --insecure-policy --preserve-digests oci:layout:" + tag + " dir:copy");
  SignatureCandidate copied{SignatureForm::tag, folder.read("copy/manifest.json"), {}};
  EXPECT_EQ(copied.manifest, candidate.manifest);
  const std::string digest = candidate.blobs[0].digest;
  copied.blobs.push_back({digest, folder.read("copy/" + digest.substr(7))});
  const std::vector<PublicKey> keys{signer.publicKey()};
  EXPECT_EQ(verifySignatures({&copied, 1}, kImage.digest, keys).verdict,
            SignatureVerdict::verified);
}

TEST(SignatureLayouts, OfReferrersKeepTheirManifestWhenSkopeoCopiesThem) {
  const TemporaryDirectory folder;
  const Signer signer;
  const SignatureCandidate candidate = sign(signer, SignatureForm::referrer, kImage);
  const std::string tag = writeLayout(folder.path() / "layout", candidate, kImage);
  EXPECT_EQ(tag + ".sig", signatureTag(kImage.digest));
  run(folder, "skopeo copy --insecure-policy --all oci:layout:" + tag + " oci:copy:" + tag);
  const std::string blobs = "copy/blobs/sha256/";
  SignatureCandidate copied{
      SignatureForm::referrer, folder.read(blobs + digestOf(candidate.manifest).substr(7)), {}};
  EXPECT_EQ(copied.manifest, candidate.manifest);
  const std::string digest = candidate.blobs[0].digest;
  copied.blobs.push_back({digest, folder.read(blobs + digest.substr(7))});
  const std::vector<PublicKey> keys{signer.publicKey()};
  EXPECT_EQ(verifySignatures({&copied, 1}, kImage.digest, keys).verdict,
            SignatureVerdict::verified);
}

}  // namespace
}  // namespace skiff::testing
