#include "server/tls/tls_server.h"

#include <new>

#include "server/tls/openssl_handle.h"

namespace skiff {

TlsPeer::TlsPeer(TlsServer& server_)
    : server(server_), table(server_.certificates()), certificate(table->fallback()) {}

ssl_st* TlsPeer::newSsl() {
  SSL* const ssl = SSL_new(certificate->context());
  if (ssl == nullptr) throw std::bad_alloc();
  SSL_set_app_data(ssl, this);
  SSL_set_accept_state(ssl);
  return ssl;
}

}  // namespace skiff
