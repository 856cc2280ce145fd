#pragma once

#include <cstddef>

#include "server/tls/openssl_handle.h"

namespace skiff {

/// A non-blocking socket as OpenSSL's source and sink, with what OpenSSL's own does not tell: how
/// the last read ended. For edge-triggered waiting, a read that came back short has taken
/// everything.
struct SocketEnd {
  int descriptor;
  bool drained = false;  ///< the last read took all that had arrived
  bool blocked = false;  ///< the last read found nothing
  bool ended = false;    ///< the peer has ended its side
  /// Bytes that may still be read: none, and the socket counts as broken.
  std::size_t budget = SIZE_MAX;
};

/// REQUIRES: `end` outlives it. Throws std::bad_alloc.
BioHandle makeSocketBio(SocketEnd& end);

}  // namespace skiff
