#include "deploy/catalog/secret_cipher.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <climits>
#include <memory>
#include <stdexcept>

namespace skiff {
namespace {

constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;

struct ContextDeleter {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, ContextDeleter>;

/// For what fails only without memory, with a broken OpenSSL or beyond what an int counts.
void require(bool succeeded) {
  if (!succeeded) throw std::runtime_error("OpenSSL cannot encrypt or decrypt");
}

Context contextFor(const SecretKey& key, const unsigned char* nonce, int encrypts) {
  Context context(EVP_CIPHER_CTX_new());
  require(context != nullptr &&
          EVP_CipherInit_ex2(context.get(), EVP_aes_256_gcm(), key.bytes.data(), nonce, encrypts,
                             nullptr) == 1);
  return context;
}

const unsigned char* bytesOf(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// Each part behind its length, so that no two identities are the same bytes.
void authenticate(EVP_CIPHER_CTX* context, SecretCipher::Identity identity) {
  std::string bytes;
  for (const std::string_view part : identity) {
    bytes += std::to_string(part.size());
    bytes += ':';
    bytes += part;
  }
  int ignored = 0;
  require(EVP_CipherUpdate(context, nullptr, &ignored, bytesOf(bytes),
                           static_cast<int>(bytes.size())) == 1);
}

}  // namespace

void cleanse(std::string& text) {
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

SecretKey::~SecretKey() {
  OPENSSL_cleanse(bytes.data(), bytes.size());
}

std::string SecretCipher::seal(std::string_view plain, Identity identity) const {
  require(plain.size() <= INT_MAX);
  std::string sealed(kNonceSize + plain.size() + kTagSize, '\0');
  auto* nonce = reinterpret_cast<unsigned char*>(sealed.data());
  unsigned char* encrypted = nonce + kNonceSize;
  require(RAND_bytes(nonce, kNonceSize) == 1);
  const Context context = contextFor(key_, nonce, 1);
  authenticate(context.get(), identity);
  int size = 0;
  // Without data, an update would be taken for the end.
  if (!plain.empty()) {
    require(EVP_CipherUpdate(context.get(), encrypted, &size, bytesOf(plain),
                             static_cast<int>(plain.size())) == 1);
  }
  unsigned char* tag = encrypted + plain.size();
  require(static_cast<std::size_t>(size) == plain.size() &&
          EVP_CipherFinal_ex(context.get(), tag, &size) == 1 &&
          EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize, tag) == 1);
  return sealed;
}

bool SecretCipher::open(std::string_view sealed, Identity identity, std::string& plain) const {
  cleanse(plain);
  if (sealed.size() < kNonceSize + kTagSize || sealed.size() > INT_MAX) return false;
  const unsigned char* nonce = bytesOf(sealed);
  plain.resize(sealed.size() - kNonceSize - kTagSize);
  std::string tag(sealed.substr(kNonceSize + plain.size()));
  const Context context = contextFor(key_, nonce, 0);
  authenticate(context.get(), identity);
  int size = 0;
  auto* decrypted = reinterpret_cast<unsigned char*>(plain.data());
  if (!plain.empty()) {
    require(EVP_CipherUpdate(context.get(), decrypted, &size, nonce + kNonceSize,
                             static_cast<int>(plain.size())) == 1);
  }
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()) == 1);
  unsigned char end = 0;
  if (EVP_CipherFinal_ex(context.get(), &end, &size) != 1) {
    cleanse(plain);
    return false;
  }
  return true;
}

}  // namespace skiff
