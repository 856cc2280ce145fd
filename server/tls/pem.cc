#include "server/tls/pem.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <utility>

#include "config/host_pattern.h"

namespace skiff {
namespace {

constexpr std::size_t kLongestChain = 17;
constexpr std::size_t kMostAuthorities = 100;

Error failure(std::string_view place, std::string_view what) {
  return {std::string(place) + " " + std::string(what)};
}

BioHandle memoryBio(std::string_view text) {
  return BioHandle(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// All certificates of the text; `most` at most.
Result<std::vector<X509Handle>> parseCertificates(std::string_view text, std::string_view place,
                                                  std::size_t most) {
  const BioHandle bio = memoryBio(text);
  std::vector<X509Handle> all;
  while (all.size() <= most) {
    ERR_clear_error();
    X509Handle one(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!one) break;
    all.push_back(std::move(one));
  }
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  if (all.size() > most) {
    return failure(place, "holds more than " + std::to_string(most) + " certificates");
  }
  if (ERR_GET_LIB(error) != ERR_LIB_PEM || ERR_GET_REASON(error) != PEM_R_NO_START_LINE) {
    return failure(place, "holds a certificate that cannot be read; it is damaged: fetch it again");
  }
  if (all.empty()) {
    return failure(place,
                   "holds no certificate in PEM (-----BEGIN CERTIFICATE-----); if it is in DER, "
                   "convert it: openssl x509 -inform der -in FILE -out FILE.pem");
  }
  return all;
}

/// PEM_read_bio_PrivateKey() asks for a password: there is nobody to ask.
int noPassword(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
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

/// What OpenSSL has against using the certificate.
std::string takeReason() {
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason != nullptr ? reason : "the library does not say why";
}

bool show(SSL_CTX* context, const PemChain& chain, const KeyHandle& key) {
  ERR_clear_error();
  if (SSL_CTX_use_certificate(context, chain.leaf.get()) != 1) return false;
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) return false;
  for (const X509Handle& one : chain.others) {
    if (SSL_CTX_add1_chain_cert(context, one.get()) != 1) return false;
  }
  return true;
}

}  // namespace

Result<PemChain> parsePemChain(std::string_view text, std::string_view place) {
  auto all = parseCertificates(text, place, kLongestChain);
  if (all.has_error()) {
    return all.error();
  }
  PemChain chain{std::move(all->front()), {}};
  std::move(all->begin() + 1, all->end(), std::back_inserter(chain.others));
  return chain;
}

Result<std::vector<X509Handle>> parsePemAuthorities(std::string_view text, std::string_view place) {
  return parseCertificates(text, place, kMostAuthorities);
}

Result<KeyHandle> parsePemKey(std::string_view text, std::string_view place) {
  bool encrypted = false;
  ERR_clear_error();
  KeyHandle key(PEM_read_bio_PrivateKey(memoryBio(text).get(), nullptr, noPassword, &encrypted));
  ERR_clear_error();
  if (encrypted) {
    return failure(place,
                   "is encrypted, and skiff asks for no password; decrypt it: openssl pkey -in "
                   "FILE -out FILE.plain");
  }
  if (!key) {
    return failure(place,
                   "holds no private key in PEM (-----BEGIN PRIVATE KEY-----); take the one that "
                   "was made with the certificate's request");
  }
  return key;
}

bool isKeyOf(const KeyHandle& key, const PemChain& chain) {
  ERR_clear_error();
  const bool isIt = X509_check_private_key(chain.leaf.get(), key.get()) == 1;
  ERR_clear_error();
  return isIt;
}

std::vector<std::string> hostNamesOf(const X509& certificate) {
  std::vector<std::string> names;
  const std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES_free>> all(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
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

Result<void> showChain(SSL_CTX* context, const PemChain& chain, const KeyHandle& key,
                       std::string_view place) {
  if (show(context, chain, key)) return {};
  return failure(place, "cannot be used: " + takeReason() +
                            "; have one made with an EC key on P-256 or an RSA key of 2048 bits");
}

}  // namespace skiff
