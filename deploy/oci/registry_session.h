#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "deploy/oci/challenge.h"
#include "deploy/oci/outbound_client.h"
#include "deploy/oci/token.h"

namespace skiff {

/// Requests to one registry about one repository, with what it takes to be let in and where it
/// sends us. One thread.
///
/// Credentials go to the registry's own origin, and to the token server that it names when it asks
/// for a token, over TLS unless plain HTTP is configured; never along a redirect to another origin.
/// Hosts on this machine, or on networks that are not public, are asked only if the configuration
/// names them, or PullLimits::privateHosts; the same holds for redirects and token servers. The
/// password's file is read whenever the password is needed.
class RegistrySession {
 public:
  RegistrySession(std::string registry, std::string repository, const OciConfig& config,
                  const PullLimits& limits, TlsTrust trust);

  /// Asks for `path`, which begins with "/v2/". Follows up to 5 redirects, and answers one demand
  /// for credentials. What is not 401 or a redirect is given back, its body still to be read.
  TransportResult<HttpResponse> send(HttpRequest::Method method, std::string_view path,
                                     std::vector<std::pair<std::string, std::string>> fields,
                                     const PullPatience& patience);
  OutboundClient& http() { return http_; }

 private:
  /// What the configuration says of a URL's host; null if it does not name it.
  const RegistrySettings* named(const HttpUrl& url) const;
  bool mayBePlain(const HttpUrl& url) const;
  /// Whether an operator has vouched for the host.
  bool mayBePrivate(const HttpUrl& url) const;
  TransportResult<HttpUrl> redirected(const HttpUrl& from, const HttpResponse& response) const;
  /// Takes up the challenge, so that authorization_ answers it.
  TransportResult<void> authorize(const HttpResponse& response, const PullPatience& patience);
  TransportResult<void> useBasic();
  TransportResult<void> useToken(const AuthChallenge& challenge, const PullPatience& patience);
  TransportResult<BearerToken> fetchToken(const AuthChallenge& challenge,
                                          const PullPatience& patience);
  TransportResult<std::string> basicCredentials() const;
  TransportError denied(std::string_view what) const;

  std::string repository_;
  OciConfig config_;
  RegistrySettings settings_;
  std::string registry_;
  HttpUrl origin_;
  bool privateHosts_;
  OutboundClient http_;
  TokenCache tokens_;
  std::optional<std::string> authorization_;  ///< what was accepted, or is about to be tried
  std::string tokenKey_;                      ///< of the token in authorization_
};

}  // namespace skiff
