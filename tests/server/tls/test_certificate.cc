#include "tests/server/tls/test_certificate.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <fstream>
#include <stdexcept>

#include "server/tls/openssl_handle.h"

namespace skiff::testing {
namespace {

void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL does not make the certificate");
}

EVP_PKEY* makeKey(TestCertificate::Kind kind) {
  if (kind == TestCertificate::Kind::p256) return EVP_EC_gen("P-256");
  return EVP_RSA_gen(kind == TestCertificate::Kind::rsa2048 ? 2048 : 1024);
}

std::string textOf(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

}  // namespace

TestCertificate TestCertificate::make(const Options& options) {
  const KeyHandle key(makeKey(options.kind));
  const X509Handle certificate(X509_new());
  require(key && certificate);
  X509* const x509 = certificate.get();
  std::uint32_t serial = 0;
  require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
  X509_set_version(x509, 2);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial);
  X509_gmtime_adj(X509_getm_notBefore(x509), options.begin);
  X509_gmtime_adj(X509_getm_notAfter(x509), options.end);
  X509_NAME* const name = X509_get_subject_name(x509);
  require(X509_NAME_add_entry_by_txt(
              name, "CN", MBSTRING_ASC,
              reinterpret_cast<const unsigned char*>(options.commonName.c_str()), -1, -1, 0) == 1);
  require(X509_set_issuer_name(x509, name) == 1 && X509_set_pubkey(x509, key.get()) == 1);
  if (!options.subjectAltName.empty()) {
    const std::unique_ptr<X509_EXTENSION, OpensslFree<X509_EXTENSION_free>> names(
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name,
                            options.subjectAltName.c_str()));
    require(names && X509_add_ext(x509, names.get(), -1) == 1);
  }
  require(X509_sign(x509, key.get(), EVP_sha256()) != 0);
  const BioHandle out(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_X509(out.get(), x509) == 1);
  const BioHandle keyOut(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_PrivateKey(keyOut.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                   nullptr) == 1);
  TestCertificate made;
  made.certificate = textOf(out.get());
  made.key = textOf(keyOut.get());
  return made;
}

CertificateConfig TestCertificate::write(const std::filesystem::path& folder,
                                         const std::string& name) const {
  CertificateConfig config;
  config.certificate = folder / (name + ".pem");
  config.key = folder / (name + ".key");
  std::ofstream(config.certificate, std::ios::trunc) << certificate;
  std::ofstream(config.key, std::ios::trunc) << key;
  std::filesystem::permissions(
      config.key, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  return config;
}

}  // namespace skiff::testing
