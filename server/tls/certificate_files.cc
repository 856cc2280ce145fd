#include "server/tls/certificate_files.h"

#include <openssl/crypto.h>

#include <system_error>
#include <utility>

#include "config/printable.h"
#include "config/regular_file.h"

namespace skiff {
namespace {

constexpr ByteSize kLargestFile = 1_MiB;

using Bytes = std::vector<std::uint8_t>;

/// "the certificate file "x""
std::string placeOf(std::string_view kind, const std::filesystem::path& file) {
  return "the " + std::string(kind) + " file " + inQuotes(file.string());
}

Result<Bytes> readBytes(std::string_view place, const std::filesystem::path& file) {
  auto bytes = readRegularFile(file, kLargestFile);
  if (bytes.has_value()) return bytes;
  return Error{std::string(place) + " " + bytes.error().message +
               "; name a file in PEM that skiff's user may read"};
}

std::string_view textOf(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Result<PemChain> readChain(const std::filesystem::path& file) {
  const std::string place = placeOf("certificate", file);
  const auto bytes = readBytes(place, file);
  if (bytes.has_error()) return bytes.error();
  return parsePemChain(textOf(*bytes), place);
}

Result<KeyHandle> readKey(const std::filesystem::path& file) {
  const std::string place = placeOf("key", file);
  auto bytes = readBytes(place, file);
  if (bytes.has_error()) return bytes.error();
  auto key = parsePemKey(textOf(*bytes), place);
  OPENSSL_cleanse(bytes->data(), bytes->size());
  return key;
}

void checkPermissions(const std::filesystem::path& key, std::vector<std::string>& warnings) {
  using std::filesystem::perms;
  std::error_code ignored;
  const perms mode = std::filesystem::status(key, ignored).permissions();
  if (!ignored &&
      (mode & (perms::others_read | perms::others_write | perms::group_write)) != perms::none) {
    warnings.push_back(placeOf("key", key) +
                       " can be read or changed by other users; run: chmod 600 FILE");
  }
}

void checkTimes(const std::filesystem::path& file, const X509& leaf,
                std::vector<std::string>& warnings) {
  const std::string place = "the certificate in " + inQuotes(file.string());
  if (X509_cmp_current_time(X509_get0_notAfter(&leaf)) < 0) {
    warnings.push_back(place +
                       " has expired, and clients will refuse it; renew it, then send SIGHUP");
  } else if (X509_cmp_current_time(X509_get0_notBefore(&leaf)) > 0) {
    warnings.push_back(place +
                       " is not valid yet, and clients will refuse it; look at this machine's "
                       "clock");
  }
}

}  // namespace

Result<CertificateFiles> readCertificateFiles(const std::filesystem::path& certificate,
                                              const std::filesystem::path& keyFile) {
  auto chain = readChain(certificate);
  if (chain.has_error()) return chain.error();
  auto key = readKey(keyFile);
  if (key.has_error()) return key.error();
  if (!isKeyOf(*key, *chain)) {
    return Error{placeOf("key", keyFile) + " does not belong to the first certificate in " +
                 inQuotes(certificate.string()) +
                 "; name the key that it was made with, and put the host's own certificate before "
                 "those that vouch for it"};
  }
  CertificateFiles files{std::move(*chain), std::move(*key), {}};
  checkPermissions(keyFile, files.warnings);
  checkTimes(certificate, *files.chain.leaf, files.warnings);
  return files;
}

Result<std::vector<X509Handle>> readAuthorities(const std::filesystem::path& file) {
  const std::string place = placeOf("client_ca", file);
  const auto bytes = readBytes(place, file);
  if (bytes.has_error()) return bytes.error();
  return parsePemAuthorities(textOf(*bytes), place);
}

}  // namespace skiff
