#pragma once

#include "server/tls/openssl_handle.h"

namespace skiff {

/// A context for the server's end, without a certificate: TLS 1.2 and 1.3; ECDHE over X25519 or
/// P-256 with AEAD only; no compression, no renegotiation, no early data; sessions resumed from
/// stateless tickets; ALPN "h2", where it is offered, and "http/1.1", refusing clients that offer
/// something else only. What its
/// callbacks decide they take from the SSL's TlsPeer. Throws std::bad_alloc.
ContextHandle makeServerContext();

}  // namespace skiff
