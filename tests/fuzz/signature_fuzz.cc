// Whatever a registry has for a signature is one or is refused, and nothing but a statement about
// the image counts as one, be it signed or not.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "deploy/signature/base64.h"
#include "deploy/signature/bundle.h"
#include "deploy/signature/simple_signing.h"
#include "deploy/signature/verdict.h"
#include "tests/deploy/signature/signer.h"

namespace {

using skiff::testing::Signer;

const std::string kDigest = "sha256:" + std::string(64, 'a');

void require(bool holds) {
  if (!holds) std::abort();
}

/// A key, and what is signed with it: Ed25519, since that is the quickest.
struct Keys {
  Signer signer{Signer::Kind::ed25519};
  std::vector<skiff::PublicKey> trusted{signer.publicKey()};
};

void checkUnsigned(std::string_view text, const Keys& keys) {
  require(skiff::verifyBundle(text, kDigest, keys.trusted).has_error());
  require(skiff::verifySimpleSigning(text, "AAAA", kDigest, keys.trusted).has_error());
  require(skiff::verifySimpleSigning("{}", text, kDigest, keys.trusted).has_error());
  for (const auto form : {skiff::SignatureForm::tag, skiff::SignatureForm::referrer}) {
    const std::vector<skiff::SignatureCandidate> candidates{
        {form, std::string(text), {{skiff::testing::digestOf("{}"), "{}"}}}};
    const skiff::Verdict verdict = skiff::verifySignatures(candidates, kDigest, keys.trusted);
    require(verdict.verdict != skiff::SignatureVerdict::verified && !verdict.detail.empty());
  }
  const auto key = skiff::PublicKey::parse(text);
  require(key.has_value() || !key.error().message.empty());
  if (const auto bytes = skiff::decodeBase64(text)) {
    require(skiff::testing::encodeBase64(
                {reinterpret_cast<const char*>(bytes->data()), bytes->size()}) == text);
  }
}

/// Behind a good signature, so that what was signed is read.
void checkSigned(const std::string& text, const Keys& keys) {
  const std::string signature = skiff::testing::encodeBase64(keys.signer.sign(text));
  const std::string bundle = skiff::testing::bundleAround(
      text, "[" + skiff::testing::envelopeSignature(keys.signer, text) + "]");
  const bool isPayload =
      skiff::verifySimpleSigning(text, signature, kDigest, keys.trusted).has_value();
  const bool isStatement = skiff::verifyBundle(bundle, kDigest, keys.trusted).has_value();
  require(!isPayload || !isStatement);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Keys keys;
  const std::string text(reinterpret_cast<const char*>(data), size);
  checkUnsigned(text, keys);
  checkSigned(text, keys);
  return 0;
}
