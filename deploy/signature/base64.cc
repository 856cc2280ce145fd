#include "deploy/signature/base64.h"

#include <openssl/evp.h>

#include <cstddef>
#include <string>

namespace skiff {
namespace {

// OpenSSL counts in int. Nothing that is decoded here is nearly as long.
constexpr std::size_t kLongestText = std::size_t{1} << 28;

}  // namespace

std::optional<std::vector<std::uint8_t>> decodeBase64(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > kLongestText) return std::nullopt;
  std::vector<std::uint8_t> bytes(text.size() / 4 * 3);
  if (text.empty()) return bytes;
  const auto* characters = reinterpret_cast<const unsigned char*>(text.data());
  const int length = EVP_DecodeBlock(bytes.data(), characters, static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  // OpenSSL takes white space at the ends and any unused bits, and counts the padding as bytes.
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  if (static_cast<std::size_t>(length) != bytes.size()) return std::nullopt;
  bytes.resize(bytes.size() - padding);
  std::string again(text.size() + 1, '\0');  // and a NUL
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(again.data()), bytes.data(),
                  static_cast<int>(bytes.size()));
  again.pop_back();
  if (again != text) return std::nullopt;
  return bytes;
}

}  // namespace skiff
