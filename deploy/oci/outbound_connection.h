#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "deploy/oci/limits.h"
#include "deploy/oci/tls_trust.h"
#include "deploy/oci/transport_error.h"
#include "deploy/oci/url.h"

namespace skiff {

/// A TCP connection, or TLS on one, whose calls block the caller until they are done, the time is
/// over or a stop is requested; then it can only be destroyed. One thread. A name server that does
/// not answer holds the caller for as long as the system's resolver waits for it.
class OutboundConnection {
 public:
  /// Tries the host's addresses in turn: unless `mayBePrivate`, only those that are public. With
  /// TLS the certificate must be the host's.
  static TransportResult<std::unique_ptr<OutboundConnection>> open(const HttpUrl& url,
                                                                   bool mayBePrivate,
                                                                   const TlsTrust& trust,
                                                                   const PullLimits& limits,
                                                                   const PullPatience& patience);
  ~OutboundConnection();

  TransportResult<void> write(std::string_view bytes, const PullPatience& patience);
  /// What has come, at least a byte; 0: the server has closed the connection.
  TransportResult<std::size_t> read(std::span<std::byte> into, const PullPatience& patience);

 private:
  class Wire;
  explicit OutboundConnection(std::unique_ptr<Wire> wire);

  std::unique_ptr<Wire> wire_;
};

}  // namespace skiff
