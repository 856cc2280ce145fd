#include "deploy/signature/public_key.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "deploy/digest.h"

namespace skiff {
namespace {

constexpr std::size_t kLargestPem = 16 * 1024;
constexpr int kFewestRsaBits = 2'048;
constexpr int kMostRsaBits = 8'192;  // bounds what one check costs
constexpr std::string_view kHeader = "-----BEGIN PUBLIC KEY-----";
constexpr std::string_view kFooter = "-----END PUBLIC KEY-----";

/// Leaves the thread's queue of OpenSSL errors as it was: a refusal is no error of whoever looks
/// there next.
class ErrorMark {
 public:
  ErrorMark() { ERR_set_mark(); }
  ~ErrorMark() { ERR_pop_to_mark(); }
  ErrorMark(const ErrorMark&) = delete;
  ErrorMark& operator=(const ErrorMark&) = delete;
};

bool isSpace(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && isSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && isSpace(text.back())) text.remove_suffix(1);
  return text;
}

std::shared_ptr<EVP_PKEY> readPem(std::string_view pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  if (text == nullptr) return nullptr;
  // Never asks for a pass phrase: a public key has none.
  const auto noPassPhrase = [](char*, int, int, void*) { return -1; };
  EVP_PKEY* key = PEM_read_bio_PUBKEY(text.get(), nullptr, noPassPhrase, nullptr);
  return key == nullptr ? nullptr : std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free);
}

/// What is wrong with the kind of key, if anything.
std::optional<std::string> refusalOf(const EVP_PKEY& key) {
  constexpr std::string_view kAdvice = "; give one of ECDSA on P-256, as cosign makes them";
  switch (EVP_PKEY_get_base_id(&key)) {
    case EVP_PKEY_EC: {
      std::array<char, 64> name{};
      std::size_t length = 0;
      EVP_PKEY_get_group_name(&key, name.data(), name.size(), &length);
      const std::string_view group(name.data(), std::min(length, name.size()));
      if (group == SN_X9_62_prime256v1) return std::nullopt;
      return "the key is of ECDSA on another curve than P-256" + std::string(kAdvice);
    }
    case EVP_PKEY_ED25519:
      return std::nullopt;
    case EVP_PKEY_RSA: {
      const int bits = EVP_PKEY_get_bits(&key);
      if (bits >= kFewestRsaBits && bits <= kMostRsaBits) return std::nullopt;
      return "the RSA key has " + std::to_string(bits) + " bits; it takes 2048 to 8192";
    }
    default:
      return "the key is of a kind that images are not signed with" + std::string(kAdvice);
  }
}

std::string fingerprintOf(const EVP_PKEY& key) {
  unsigned char* bytes = nullptr;
  const int length = i2d_PUBKEY(&key, &bytes);
  if (length <= 0) return {};
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owner(
      bytes, [](unsigned char* p) { OPENSSL_free(p); });
  return sha256Digest({bytes, static_cast<std::size_t>(length)});
}

}  // namespace

Result<PublicKey> PublicKey::parse(std::string_view pem) {
  const ErrorMark mark;
  const std::string_view text = trimmed(pem);
  if (text.size() > kLargestPem || !text.starts_with(kHeader) ||
      text.find(kFooter) != text.size() - std::min(text.size(), kFooter.size())) {
    return Error{
        "the key is not one public key in PEM; give the text of a file such as cosign.pub"};
  }
  std::shared_ptr<EVP_PKEY> key = readPem(text);
  if (key == nullptr) {
    return Error{"the key's PEM holds no public key that can be read; was it copied whole?"};
  }
  if (auto refusal = refusalOf(*key)) return Error{*std::move(refusal)};
  std::string fingerprint = fingerprintOf(*key);
  if (fingerprint.empty()) return Error{"the key cannot be written as a SubjectPublicKeyInfo"};
  return PublicKey(std::move(key), std::move(fingerprint));
}

bool PublicKey::verifies(std::string_view message, std::span<const std::uint8_t> signature) const {
  const ErrorMark mark;
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  // Ed25519 hashes by itself.
  const EVP_MD* hash =
      EVP_PKEY_get_base_id(key_.get()) == EVP_PKEY_ED25519 ? nullptr : EVP_sha256();
  if (context == nullptr ||
      EVP_DigestVerifyInit(context.get(), nullptr, hash, nullptr, key_.get()) != 1) {
    return false;
  }
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                          reinterpret_cast<const unsigned char*>(message.data()),
                          message.size()) == 1;
}

Result<std::vector<PublicKey>> parsePublicKeys(const std::vector<std::string>& pems) {
  std::vector<PublicKey> keys;
  for (const std::string& pem : pems) {
    auto key = PublicKey::parse(pem);
    if (key.has_error()) {
      return Error{"key " + std::to_string(keys.size() + 1) + " of " + std::to_string(pems.size()) +
                   ": " + key.error().message};
    }
    keys.push_back(*std::move(key));
  }
  return keys;
}

}  // namespace skiff
