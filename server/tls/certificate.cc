#include "server/tls/certificate.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "config/host_pattern.h"
#include "config/printable.h"
#include "server/tls/certificate_files.h"
#include "server/tls/server_context.h"

namespace skiff {
namespace {

/// What OpenSSL has against using the certificate, such as a key that is too short.
std::string takeReason() {
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason != nullptr ? reason : "the library does not say why";
}

bool useFiles(SSL_CTX* context, CertificateFiles& files) {
  ERR_clear_error();
  if (SSL_CTX_use_certificate(context, files.leaf.get()) != 1) return false;
  if (SSL_CTX_use_PrivateKey(context, files.key.get()) != 1) return false;
  for (const X509Handle& one : files.chain) {
    if (SSL_CTX_add1_chain_cert(context, one.get()) != 1) return false;
  }
  return true;
}

/// Sessions are resumed under a certificate for the same hosts and tenant only (RFC 6066, 3), and
/// also when it has been renewed.
void setSessionContext(SSL_CTX* context, const std::vector<std::string>& hosts,
                       const std::string& tenant) {
  std::string text = tenant;
  for (const std::string& host : hosts) text.append("\n").append(host);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  static_assert(SHA256_DIGEST_LENGTH <= SSL_MAX_SID_CTX_LENGTH);
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  SSL_CTX_set_session_id_context(context, digest.data(), static_cast<unsigned>(digest.size()));
}

}  // namespace

Result<Certificate::Loaded> Certificate::load(const CertificateConfig& config) {
  auto files = readCertificateFiles(config);
  if (files.has_error()) return files.error();
  const std::string place = "the certificate in " + inQuotes(config.certificate.string());
  std::shared_ptr<Certificate> made(new Certificate);
  made->hosts_ = config.hosts.empty() ? files->names : config.hosts;
  made->tenant_ = config.tenant;
  std::sort(made->hosts_.begin(), made->hosts_.end());
  if (made->hosts_.empty()) {
    return Error{place +
                 " names no host in its subjectAltName; have it made with one (openssl "
                 "req -addext subjectAltName=DNS:example.com), or set hosts beside it"};
  }
  Loaded loaded;
  loaded.warnings = std::move(files->warnings);
  for (const std::string& host : config.hosts) {
    const auto isNamed = [&](const std::string& name) {
      return std::find(files->names.begin(), files->names.end(), name) != files->names.end();
    };
    if (!isNamed(host) && !isNamed(wildcardOf(host))) {
      loaded.warnings.push_back(place + " does not name " + inQuotes(host) +
                                ", which hosts says it is for, and clients will refuse it there");
    }
  }
  ContextHandle context = makeServerContext();
  if (!useFiles(context.get(), *files)) {
    return Error{place + " cannot be used: " + takeReason() +
                 "; have one made with an EC key on "
                 "P-256 or an RSA key of 2048 bits"};
  }
  setSessionContext(context.get(), made->hosts_, made->tenant_);
  made->context_ = context.release();
  loaded.certificate = std::move(made);
  return loaded;
}

Certificate::~Certificate() {
  SSL_CTX_free(context_);
}

bool Certificate::covers(std::string_view host) const {
  const auto has = [this](std::string_view name) {
    return std::binary_search(hosts_.begin(), hosts_.end(), name, std::less<>());
  };
  if (has(host)) return true;
  if (host.starts_with('[')) {
    const auto canonical = parseHostPattern(host);
    return canonical.has_value() && has(*canonical);
  }
  const std::string wildcard = wildcardOf(host);
  return !wildcard.empty() && has(wildcard);
}

}  // namespace skiff
