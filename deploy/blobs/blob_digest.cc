#include "deploy/blobs/blob_digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace skiff {
namespace {

struct Named {
  std::string_view name;
  DigestAlgorithm algorithm;
};
constexpr std::array<Named, 2> kAlgorithms{Named{"sha256", DigestAlgorithm::sha256},
                                           Named{"sha512", DigestAlgorithm::sha512}};
constexpr std::string_view kHexDigits = "0123456789abcdef";

// OpenSSL's digests fail only without memory, or if OpenSSL is broken.
void require(bool succeeded) {
  if (!succeeded) throw std::runtime_error("OpenSSL cannot compute a digest");
}

}  // namespace

std::size_t hexDigits(DigestAlgorithm algorithm) {
  return algorithm == DigestAlgorithm::sha256 ? 64 : 128;
}

std::optional<BlobDigest> BlobDigest::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto named = std::find_if(kAlgorithms.begin(), kAlgorithms.end(), [&](const Named& known) {
    return known.name == text.substr(0, colon);
  });
  const std::string_view hex = text.substr(colon + 1);
  if (named == kAlgorithms.end() || hex.size() != hexDigits(named->algorithm) ||
      hex.find_first_not_of(kHexDigits) != std::string_view::npos) {
    return std::nullopt;
  }
  return BlobDigest{named->algorithm, std::string(hex)};
}

std::string_view BlobDigest::algorithmName() const {
  return kAlgorithms[static_cast<std::size_t>(algorithm)].name;
}

std::string BlobDigest::text() const {
  return std::string(algorithmName()) + ':' + hex;
}

void DigestState::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

DigestState::DigestState(DigestAlgorithm algorithm) : context_(EVP_MD_CTX_new()) {
  const EVP_MD* digest = algorithm == DigestAlgorithm::sha256 ? EVP_sha256() : EVP_sha512();
  require(context_ && EVP_DigestInit_ex(context_.get(), digest, nullptr) == 1);
}

void DigestState::update(std::span<const std::byte> bytes) {
  require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

std::string DigestState::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  require(EVP_DigestFinal_ex(context_.get(), digest.data(), &length) == 1);
  std::string hex;
  hex.reserve(length * 2);
  for (unsigned i = 0; i < length; ++i) {
    hex += kHexDigits[digest[i] >> 4];
    hex += kHexDigits[digest[i] & 0x0F];
  }
  return hex;
}

}  // namespace skiff
