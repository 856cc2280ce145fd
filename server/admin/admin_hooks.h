#pragma once

#include <functional>
#include <string>
#include <vector>

#include "server/tls/tls_words.h"

namespace skiff {

/// What the admin listener asks the daemon for. The functions are called on the listener's thread,
/// one at a time, and must outlive it; while one runs, no other request is answered.
struct AdminHooks {
  /// All metrics in Prometheus' text format 0.0.4.
  std::function<std::string()> metrics;
  /// What is not ready yet, one line each ("acme/hello: preparing its module"). Empty: all is
  /// ready.
  std::function<std::vector<std::string>()> notReady;
  /// Which engine this daemon runs: "V8 14.6.202.11".
  std::string engine;
  /// An answer's head goes out. May be empty.
  std::function<void(unsigned status)> onAnswer{};
  /// A TLS handshake has ended. May be empty.
  std::function<void(HandshakeOutcome)> onHandshake{};
};

}  // namespace skiff
