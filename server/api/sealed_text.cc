#include "server/api/sealed_text.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <vector>

namespace skiff {
namespace {

constexpr std::size_t kNonce = 12;
constexpr std::size_t kTag = 16;

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;
using Key = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

Key keyOf(std::string_view secret) {
  Key key;
  SHA256(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), key.data());
  return key;
}

void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL cannot encrypt");
}

}  // namespace

std::string seal(std::string_view text, std::string_view secret) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::vector<unsigned char> sealed(kNonce + text.size() + kTag);
  require(RAND_bytes(sealed.data(), kNonce) == 1);
  const Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  const Key key = keyOf(secret);
  int size = 0;
  require(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(),
                             sealed.data()) == 1);
  require(EVP_EncryptUpdate(context.get(), sealed.data() + kNonce, &size,
                            reinterpret_cast<const unsigned char*>(text.data()),
                            static_cast<int>(text.size())) == 1);
  require(EVP_EncryptFinal_ex(context.get(), sealed.data() + kNonce + size, &size) == 1);
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTag,
                              sealed.data() + kNonce + text.size()) == 1);
  std::string digits;
  digits.reserve(sealed.size() * 2);
  for (const unsigned char byte : sealed) {
    digits += kDigits[byte >> 4];
    digits += kDigits[byte & 15];
  }
  return digits;
}

std::optional<std::string> unseal(std::string_view digits, std::string_view secret) {
  if (digits.size() % 2 != 0 || digits.size() / 2 < kNonce + kTag) return std::nullopt;
  std::vector<unsigned char> sealed;
  sealed.reserve(digits.size() / 2);
  const auto valueOf = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    sealed.push_back(static_cast<unsigned char>(valueOf(digits[i]) << 4 | valueOf(digits[i + 1])));
  }
  const Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  const Key key = keyOf(secret);
  std::string text(sealed.size() - kNonce - kTag, '\0');
  auto* out = reinterpret_cast<unsigned char*>(text.data());
  int size = 0;
  const bool opened = EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(),
                                         sealed.data()) == 1 &&
                      EVP_DecryptUpdate(context.get(), out, &size, sealed.data() + kNonce,
                                        static_cast<int>(text.size())) == 1 &&
                      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTag,
                                          sealed.data() + sealed.size() - kTag) == 1 &&
                      EVP_DecryptFinal_ex(context.get(), out + size, &size) == 1;
  if (!opened) return std::nullopt;
  return text;
}

}  // namespace skiff
