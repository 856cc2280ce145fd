#pragma once

#include "server/tls/openssl_handle.h"

namespace skiff {

// Contexts for the server's end, without a certificate: TLS 1.2 and 1.3; ECDHE over X25519 or P-256
// with AEAD only; no compression, no renegotiation, no early data; ALPN, refusing clients that
// offer nothing that is spoken. They throw std::bad_alloc.

/// For client listeners: sessions are resumed from stateless tickets; ALPN "h2", where it is
/// offered, and "http/1.1". What its callbacks decide they take from the SSL's TlsPeer.
ContextHandle makeServerContext();
/// For the admin listener: no sessions are resumed; ALPN "http/1.1".
ContextHandle makeAdminContext();

}  // namespace skiff
