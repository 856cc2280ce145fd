#include "server/tls/tls_words.h"

#include <array>

namespace skiff {

std::string_view tlsVersionWord(TlsVersion version) {
  constexpr std::array<std::string_view, kTlsVersionCount> kWords{"", "1.2", "1.3"};
  return kWords[static_cast<std::size_t>(version)];
}

std::string_view handshakeOutcomeWord(HandshakeOutcome outcome) {
  constexpr std::array<std::string_view, kHandshakeOutcomeCount> kWords{
      "full", "resumed", "refused", "plain", "gone", "timeout"};
  return kWords[static_cast<std::size_t>(outcome)];
}

}  // namespace skiff
