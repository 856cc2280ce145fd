#include "server/tls/certificate_files.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <filesystem>
#include <system_error>
#include <utility>

#include "config/host_pattern.h"
#include "config/printable.h"
#include "config/regular_file.h"

namespace skiff {
namespace {

constexpr ByteSize kLargestFile = 1_MiB;
constexpr std::size_t kLongestChain = 16;

using Bytes = std::vector<std::uint8_t>;

/// "the certificate file "x" WHAT".
Error failure(std::string_view kind, const std::filesystem::path& file, std::string_view what) {
  return {"the " + std::string(kind) + " file " + inQuotes(file.string()) + " " +
          std::string(what)};
}

Result<Bytes> readBytes(std::string_view kind, const std::filesystem::path& file) {
  auto bytes = readRegularFile(file, kLargestFile);
  if (bytes.has_value()) return bytes;
  return failure(kind, file,
                 bytes.error().message + "; name a file in PEM that skiff's user may read");
}

BioHandle memoryBio(const Bytes& bytes) {
  return BioHandle(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

Result<void> readChain(const std::filesystem::path& file, CertificateFiles& files) {
  const auto bytes = readBytes("certificate", file);
  if (bytes.has_error()) return bytes.error();
  const BioHandle bio = memoryBio(*bytes);
  while (files.chain.size() < kLongestChain) {
    ERR_clear_error();
    X509Handle one(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!one) break;
    if (files.leaf) {
      files.chain.push_back(std::move(one));
    } else {
      files.leaf = std::move(one);
    }
  }
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  if (!files.leaf && ERR_GET_REASON(error) == PEM_R_NO_START_LINE) {
    return failure("certificate", file,
                   "holds no certificate in PEM (-----BEGIN CERTIFICATE-----); if it is in DER, "
                   "convert it: openssl x509 -inform der -in FILE -out FILE.pem");
  }
  if (files.chain.size() == kLongestChain) {
    return failure("certificate", file,
                   "holds more than " + std::to_string(kLongestChain) +
                       " certificates; it takes the host's own, then those that vouch for it");
  }
  if (ERR_GET_REASON(error) != PEM_R_NO_START_LINE) {
    return failure("certificate", file,
                   "holds a certificate that cannot be read; it is damaged: fetch it again");
  }
  return {};
}

/// PEM_read_bio_PrivateKey() asks for a password: there is nobody to ask.
int noPassword(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Result<void> readKey(const std::filesystem::path& file, CertificateFiles& files) {
  auto bytes = readBytes("key", file);
  if (bytes.has_error()) return bytes.error();
  bool encrypted = false;
  ERR_clear_error();
  files.key.reset(
      PEM_read_bio_PrivateKey(memoryBio(*bytes).get(), nullptr, noPassword, &encrypted));
  ERR_clear_error();
  OPENSSL_cleanse(bytes->data(), bytes->size());
  if (encrypted) {
    return failure("key", file,
                   "is encrypted, and skiff asks for no password; decrypt it: openssl pkey -in "
                   "FILE -out FILE.plain");
  }
  if (!files.key) {
    return failure("key", file,
                   "holds no private key in PEM (-----BEGIN PRIVATE KEY-----); name the file "
                   "that was made with the certificate's request");
  }
  using std::filesystem::perms;
  std::error_code ignored;
  const perms mode = std::filesystem::status(file, ignored).permissions();
  if (!ignored &&
      (mode & (perms::others_read | perms::others_write | perms::group_write)) != perms::none) {
    files.warnings.push_back("the key file " + inQuotes(file.string()) +
                             " can be read or changed by other users; run: chmod 600 FILE");
  }
  return {};
}

void addName(std::string_view text, std::vector<std::string>& names) {
  auto name = parseHostPattern(text);
  if (name.has_value() && std::find(names.begin(), names.end(), *name) == names.end()) {
    names.push_back(*std::move(name));
  }
}

std::string addressText(const ASN1_OCTET_STRING* bytes) {
  using namespace boost::asio::ip;
  const unsigned char* data = ASN1_STRING_get0_data(bytes);
  if (ASN1_STRING_length(bytes) == 4) {
    address_v4::bytes_type v4;
    std::copy_n(data, v4.size(), v4.begin());
    return address_v4(v4).to_string();
  }
  if (ASN1_STRING_length(bytes) != 16) return {};
  address_v6::bytes_type v6;
  std::copy_n(data, v6.size(), v6.begin());
  return "[" + address_v6(v6).to_string() + "]";
}

/// The subject's common name counts for nothing (RFC 9525, 2).
std::vector<std::string> namesOf(const X509& leaf) {
  std::vector<std::string> names;
  const std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES_free>> all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&leaf, NID_subject_alt_name, nullptr, nullptr)));
  const int count = all ? sk_GENERAL_NAME_num(all.get()) : 0;
  for (int i = 0; i < count; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type == GEN_DNS) {
      const ASN1_STRING* text = name->d.dNSName;
      addName({reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
               static_cast<std::size_t>(ASN1_STRING_length(text))},
              names);
    } else if (name->type == GEN_IPADD) {
      addName(addressText(name->d.iPAddress), names);
    }
  }
  return names;
}

void checkTimes(const std::filesystem::path& file, CertificateFiles& files) {
  const std::string place = "the certificate in " + inQuotes(file.string());
  if (X509_cmp_current_time(X509_get0_notAfter(files.leaf.get())) < 0) {
    files.warnings.push_back(place +
                             " has expired, and clients will refuse it; renew it, then "
                             "send SIGHUP");
  } else if (X509_cmp_current_time(X509_get0_notBefore(files.leaf.get())) > 0) {
    files.warnings.push_back(place +
                             " is not valid yet, and clients will refuse it; look at this "
                             "machine's clock");
  }
}

}  // namespace

Result<CertificateFiles> readCertificateFiles(const CertificateConfig& config) {
  CertificateFiles files;
  if (const auto read = readChain(config.certificate, files); read.has_error()) return read.error();
  if (const auto read = readKey(config.key, files); read.has_error()) return read.error();
  ERR_clear_error();
  if (X509_check_private_key(files.leaf.get(), files.key.get()) != 1) {
    ERR_clear_error();
    return failure("key", config.key,
                   "does not belong to the first certificate in " +
                       inQuotes(config.certificate.string()) +
                       "; name the key that it was made with, and put the host's own certificate "
                       "before those that vouch for it");
  }
  files.names = namesOf(*files.leaf);
  checkTimes(config.certificate, files);
  return files;
}

}  // namespace skiff
