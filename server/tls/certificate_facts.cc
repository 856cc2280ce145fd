#include "server/tls/certificate_facts.h"

#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>

#include "config/printable.h"
#include "server/tls/pem.h"

namespace skiff {
namespace {

constexpr std::size_t kLongestName = 512;
constexpr std::size_t kLongestOwner = 64;

std::string cut(std::string text, std::size_t most) {
  if (text.size() > most) {
    // Not within a character.
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
    text.resize(most);
  }
  return text;
}

std::string nameText(const X509_NAME* name) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  if (!bio || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0) {
    return {};
  }
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return size > 0 ? cut(printable({bytes, static_cast<std::size_t>(size)}), kLongestName) : "";
}

std::string hex(const unsigned char* bytes, std::size_t size) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text.push_back(kDigits[bytes[i] >> 4U]);
    text.push_back(kDigits[bytes[i] & 0xFU]);
  }
  return text;
}

std::string serialText(const ASN1_INTEGER* serial) {
  return hex(ASN1_STRING_get0_data(serial), static_cast<std::size_t>(ASN1_STRING_length(serial)));
}

std::string fingerprintOf(const X509& certificate) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  unsigned size = 0;
  X509_digest(&certificate, EVP_sha256(), digest.data(), &size);
  return hex(digest.data(), size);
}

std::string keyText(const X509& certificate) {
  const EVP_PKEY* const key = X509_get0_pubkey(&certificate);
  if (key == nullptr) return {};
  const char* const type = EVP_PKEY_get0_type_name(key);
  return std::string(type != nullptr ? type : "?") + " " + std::to_string(EVP_PKEY_get_bits(key));
}

std::int64_t secondsOf(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? ::timegm(&parts) : 0;
}

std::string textOf(const ASN1_STRING* string) {
  unsigned char* bytes = nullptr;
  const int size = ASN1_STRING_to_UTF8(&bytes, string);
  if (size < 0) return {};
  std::string text(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return text;
}

/// The first e-mail address or URI of its subjectAltName.
std::string otherNameOf(const X509& certificate) {
  const std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES_free>> all(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  const int count = all ? sk_GENERAL_NAME_num(all.get()) : 0;
  for (int i = 0; i < count; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type == GEN_EMAIL) return textOf(name->d.rfc822Name);
    if (name->type == GEN_URI) return textOf(name->d.uniformResourceIdentifier);
  }
  return {};
}

std::string commonNameOf(const X509& certificate) {
  const X509_NAME* const subject = X509_get_subject_name(&certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  return textOf(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

}  // namespace

CertificateFacts factsOf(const X509& certificate) {
  return {.subject = nameText(X509_get_subject_name(&certificate)),
          .issuer = nameText(X509_get_issuer_name(&certificate)),
          .serial = serialText(X509_get0_serialNumber(&certificate)),
          .names = hostNamesOf(certificate),
          .key = keyText(certificate),
          .fingerprint = fingerprintOf(certificate),
          .notBefore = secondsOf(X509_get0_notBefore(&certificate)),
          .notAfter = secondsOf(X509_get0_notAfter(&certificate))};
}

std::string ownerOf(const X509& certificate) {
  std::string name = commonNameOf(certificate);
  if (name.empty()) {
    const std::vector<std::string> hosts = hostNamesOf(certificate);
    name = hosts.empty() ? otherNameOf(certificate) : hosts.front();
  }
  return cut(printable(name), kLongestOwner);
}

}  // namespace skiff
