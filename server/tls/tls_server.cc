#include "server/tls/tls_server.h"

#include <new>

#include "server/tls/openssl_handle.h"

namespace skiff {

TlsPeer::TlsPeer(TlsServer& server_)
    : server(server_), table(server_.certificates()), certificate(table->fallback()) {}

ssl_st* TlsPeer::newSsl() {
  std::unique_ptr<SSL, OpensslFree<SSL_free>> ssl(SSL_new(certificate->context()));
  if (!ssl || SSL_set_app_data(ssl.get(), this) != 1) throw std::bad_alloc();
  SSL_set_accept_state(ssl.get());
  return ssl.release();
}

}  // namespace skiff
