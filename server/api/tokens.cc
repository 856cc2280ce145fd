#include "server/api/tokens.h"

#include <fcntl.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "server/api/base64.h"

namespace skiff {
namespace {

constexpr std::string_view kPrefix = "skf_";

std::string hexOf(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

template <std::size_t N>
std::array<std::uint8_t, N> randomBytes() {
  std::array<std::uint8_t, N> bytes;
  if (RAND_bytes(bytes.data(), static_cast<int>(N)) != 1) {
    throw std::runtime_error("there is no randomness to be had");
  }
  return bytes;
}

Error fileError(const std::filesystem::path& file) {
  return {"cannot write " + file.string() + ": " + std::strerror(errno) +
          "; see that data_dir can be written to"};
}

/// Whole, synced, and in place by a rename; readable by its owner alone from the first.
Result<void> writePrivately(const std::filesystem::path& file, std::string_view text) {
  std::filesystem::path part = file;
  part += ".part";
  ::unlink(part.c_str());
  const int descriptor =
      ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return fileError(file);
  const bool written =
      ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(descriptor) == 0;
  const Error error = fileError(file);
  ::close(descriptor);
  if (!written) return error;
  if (::rename(part.c_str(), file.c_str()) != 0) return fileError(file);
  const int folder = ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    ::fsync(folder);
    ::close(folder);
  }
  return {};
}

}  // namespace

std::string makeToken() {
  return std::string(kPrefix) + encodeBase64Url(randomBytes<32>());
}

std::string makeTokenId() {
  return hexOf(randomBytes<8>());
}

std::string hashToken(std::string_view token) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> hash;
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), hash.data());
  return hexOf(hash);
}

Result<void> ensureOperatorToken(Catalog& catalog, const std::filesystem::path& file) {
  const auto tokens = catalog.tokens({});
  if (tokens.has_error()) return Error{"cannot read the catalog: " + tokens.error().message};
  for (const TokenRecord& token : *tokens) {
    // One that expires leaves nobody to make the next.
    if (token.scope == Scope::operator_ && token.expires == 0) return {};
  }
  const std::string token = makeToken();
  if (auto written = writePrivately(file, token + "\n"); written.has_error()) return written;
  const auto added = catalog.addToken("skiffd",
                                      {.id = makeTokenId(),
                                       .scope = Scope::operator_,
                                       .tenant = {},
                                       .note = "made at the first start",
                                       .parent = {}},
                                      hashToken(token));
  if (added.has_error()) return Error{"cannot write the catalog: " + added.error().message};
  return {};
}

}  // namespace skiff
