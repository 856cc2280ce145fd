#include "server/tls/admin_certificate.h"

#include <algorithm>
#include <new>

#include "config/printable.h"
#include "server/tls/certificate_files.h"
#include "server/tls/hosts.h"
#include "server/tls/server_context.h"

namespace skiff {
namespace {

/// Clients show a certificate that one of `authorities` vouches for. One of them may be the
/// client's own: so a single client can be let in, and be kept out again by taking it away.
void askClients(SSL_CTX* context, const std::vector<X509Handle>& authorities) {
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  for (const X509Handle& one : authorities) {
    // Adding the certificate's name to those that clients are told of as well.
    if (X509_STORE_add_cert(store, one.get()) != 1 ||
        SSL_CTX_add_client_CA(context, one.get()) != 1) {
      throw std::bad_alloc();
    }
  }
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

}  // namespace

Result<AdminCertificate::Loaded> AdminCertificate::load(const AdminConfig& config) {
  auto files = readCertificateFiles(config.certificate, config.key);
  if (files.has_error()) return files.error();
  const std::string place = "the certificate in " + inQuotes(config.certificate.string());
  Loaded loaded;
  loaded.warnings = std::move(files->warnings);
  std::shared_ptr<AdminCertificate> made(new AdminCertificate);
  made->place_ = place;
  made->facts_ = factsOf(*files->chain.leaf);
  made->hosts_ = made->facts_.names;
  std::sort(made->hosts_.begin(), made->hosts_.end());
  if (made->hosts_.empty()) {
    loaded.warnings.push_back(place +
                              " names no host in its subjectAltName, and clients will refuse it; "
                              "have it made with the address that [admin] listens on (openssl req "
                              "-addext subjectAltName=IP:192.0.2.1)");
  }
  ContextHandle context = makeAdminContext();
  if (auto shown = showChain(context.get(), files->chain, files->key, place); shown.has_error()) {
    return shown.error();
  }
  if (!config.clientCa.empty()) {
    const auto authorities = readAuthorities(config.clientCa);
    if (authorities.has_error()) return authorities.error();
    askClients(context.get(), *authorities);
  }
  made->context_ = context.release();
  loaded.certificate = std::move(made);
  return loaded;
}

AdminCertificate::~AdminCertificate() {
  SSL_CTX_free(context_);
}

bool AdminCertificate::covers(std::string_view host) const {
  return coversHost(hosts_, host);
}

}  // namespace skiff
