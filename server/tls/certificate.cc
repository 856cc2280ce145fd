#include "server/tls/certificate.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "config/host_pattern.h"
#include "config/printable.h"
#include "server/tls/certificate_files.h"
#include "server/tls/hosts.h"
#include "server/tls/server_context.h"

namespace skiff {
namespace {

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

Result<std::shared_ptr<const Certificate>> Certificate::make(const PemChain& chain,
                                                             const KeyHandle& key,
                                                             std::vector<std::string> hosts,
                                                             std::string tenant,
                                                             std::string place) {
  std::shared_ptr<Certificate> made(new Certificate);
  made->hosts_ = std::move(hosts);
  std::sort(made->hosts_.begin(), made->hosts_.end());
  made->tenant_ = std::move(tenant);
  made->place_ = std::move(place);
  made->facts_ = factsOf(*chain.leaf);
  ContextHandle context = makeServerContext();
  if (auto shown = showChain(context.get(), chain, key, made->place_); shown.has_error()) {
    return shown.error();
  }
  setSessionContext(context.get(), made->hosts_, made->tenant_);
  made->context_ = context.release();
  return std::shared_ptr<const Certificate>(std::move(made));
}

Result<Certificate::Loaded> Certificate::load(const CertificateConfig& config) {
  auto files = readCertificateFiles(config.certificate, config.key);
  if (files.has_error()) return files.error();
  const std::string place = "the certificate in " + inQuotes(config.certificate.string());
  const std::vector<std::string> names = hostNamesOf(*files->chain.leaf);
  if (config.hosts.empty() && names.empty()) {
    return Error{place +
                 " names no host in its subjectAltName; have it made with one (openssl "
                 "req -addext subjectAltName=DNS:example.com), or set hosts beside it"};
  }
  Loaded loaded;
  loaded.warnings = std::move(files->warnings);
  for (const std::string& host : config.hosts) {
    const auto isNamed = [&](const std::string& name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    if (!isNamed(host) && !isNamed(wildcardOf(host))) {
      loaded.warnings.push_back(place + " does not name " + inQuotes(host) +
                                ", which hosts says it is for, and clients will refuse it there");
    }
  }
  auto made = make(files->chain, files->key, config.hosts.empty() ? names : config.hosts,
                   config.tenant, place);
  if (made.has_error()) return made.error();
  loaded.certificate = std::move(*made);
  return loaded;
}

Certificate::~Certificate() {
  SSL_CTX_free(context_);
}

bool Certificate::covers(std::string_view host) const {
  return coversHost(hosts_, host);
}

}  // namespace skiff
