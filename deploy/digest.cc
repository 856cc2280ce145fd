#include "deploy/digest.h"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>
#include <string_view>

namespace skiff {

std::string sha256Digest(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  // Fails only without memory or with a broken OpenSSL.
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL cannot compute SHA-256");
  }
  std::string text = "sha256:";
  for (unsigned i = 0; i < length; ++i) {
    text.append({kHexDigits[digest[i] >> 4], kHexDigits[digest[i] & 0xF]});
  }
  return text;
}

}  // namespace skiff
