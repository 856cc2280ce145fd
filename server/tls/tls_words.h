#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace skiff {

enum class TlsVersion : std::uint8_t {
  none,  ///< no TLS, or no handshake that came so far
  tls12,
  tls13,
};
inline constexpr std::size_t kTlsVersionCount = static_cast<std::size_t>(TlsVersion::tls13) + 1;

/// How a handshake ended.
enum class HandshakeOutcome : std::uint8_t {
  full,     ///< established, with a certificate
  resumed,  ///< established, from a session ticket
  refused,  ///< the client has nothing that we offer, refuses what we show, or speaks no TLS
  plain,    ///< the client spoke HTTP without TLS
  gone,     ///< the client left
  timeout,
};
inline constexpr std::size_t kHandshakeOutcomeCount =
    static_cast<std::size_t>(HandshakeOutcome::timeout) + 1;

/// "1.2", "1.3"; empty for none. In logs and metrics.
std::string_view tlsVersionWord(TlsVersion version);
/// "full", "resumed", and so on: a metric's label.
std::string_view handshakeOutcomeWord(HandshakeOutcome outcome);

}  // namespace skiff
