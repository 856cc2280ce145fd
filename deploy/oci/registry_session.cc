#include "deploy/oci/registry_session.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <chrono>

#include "config/printable.h"
#include "config/regular_file.h"

namespace skiff {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostRedirects = 5;
constexpr ByteSize kLargestPassword = 4_KiB;
constexpr ByteSize kLargestTokenAnswer = 256_KiB;
/// Where docker.io's API is.
constexpr std::string_view kDockerHubHost = "registry-1.docker.io";

HttpUrl originOf(const std::string& registry, const RegistrySettings& settings) {
  const std::string scheme = settings.plainHttp ? "http://" : "https://";
  const std::string host = registry == "docker.io" ? std::string(kDockerHubHost) : registry;
  // Cannot fail for what parseRegistryName() gives.
  return HttpUrl::parse(scheme + host).value_or(HttpUrl{});
}

bool isRedirect(unsigned status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

TransportError prefixed(TransportError error, const std::string& prefix) {
  error.what = prefix + error.what;
  return error;
}

std::string base64(std::string_view text) {
  std::string encoded(4 * ((text.size() + 2) / 3) + 1, '\0');  // and OpenSSL's NUL
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  encoded.resize(static_cast<std::size_t>(size));
  return encoded;
}

}  // namespace

RegistrySession::RegistrySession(std::string registry, std::string repository,
                                 const OciConfig& config, const PullLimits& limits, TlsTrust trust)
    : repository_(std::move(repository)),
      config_(config),
      settings_(config.of(registry)),
      registry_(std::move(registry)),
      origin_(originOf(registry_, settings_)),
      privateHosts_(limits.privateHosts),
      http_(std::move(trust), limits) {}

const RegistrySettings* RegistrySession::named(const HttpUrl& url) const {
  const auto& registries = config_.registries;
  if (url.isSameOrigin(origin_)) {
    const auto own = registries.find(registry_);
    return own == registries.end() ? nullptr : &own->second;
  }
  auto found = registries.find(url.authority());
  // The port may be written though it is the scheme's default.
  if (found == registries.end()) {
    found = registries.find(url.authority() + ":" + std::to_string(url.port));
  }
  return found == registries.end() ? nullptr : &found->second;
}

bool RegistrySession::mayBePlain(const HttpUrl& url) const {
  const RegistrySettings* const settings = named(url);
  return settings && settings->plainHttp;
}

bool RegistrySession::mayBePrivate(const HttpUrl& url) const {
  if (privateHosts_ || named(url)) return true;
  // Who names a mirror means it, also without a table of its own.
  return url.isSameOrigin(origin_) &&
         std::any_of(config_.registries.begin(), config_.registries.end(),
                     [&](const auto& entry) { return entry.second.mirror == registry_; });
}

TransportError RegistrySession::denied(std::string_view what) const {
  return {OciError::Kind::unauthorized, std::string(what) +
                                            "; check username and password_file of [registry.\"" +
                                            registry_ + "\"] in the configuration"};
}

TransportResult<HttpUrl> RegistrySession::redirected(const HttpUrl& from,
                                                     const HttpResponse& response) const {
  // Only the host is named: the query of a signed URL is as good as a credential.
  auto target = from.resolve(response.field("location"));
  if (!target) {
    return TransportError{OciError::Kind::protocol, "redirects to what is no http or https URL"};
  }
  if (!target->tls && !mayBePlain(*target)) {
    return TransportError{OciError::Kind::protocol,
                          "redirects to plain HTTP at " + target->authority() +
                              ", which is not followed; if that host is to be trusted, set "
                              "plain_http = true in [registry.\"" +
                              target->authority() + "\"]"};
  }
  return *std::move(target);
}

TransportResult<HttpResponse> RegistrySession::send(
    HttpRequest::Method method, std::string_view path,
    std::vector<std::pair<std::string, std::string>> fields, const PullPatience& patience) {
  HttpRequest request;
  request.method = method;
  request.url = origin_;
  request.url.target = path;
  std::size_t redirects = 0;
  bool isAuthorized = false;  // in answer to a challenge of this very request
  for (;;) {
    const bool isOwn = request.url.isSameOrigin(origin_);
    request.mayBePrivate = mayBePrivate(request.url);
    request.fields = fields;
    if (isOwn && authorization_) request.fields.emplace_back("Authorization", *authorization_);
    auto response = http_.send(request, patience);
    if (response.has_error()) {
      if (isOwn) return response;
      return prefixed(response.error(), "redirects to " + request.url.authority() + ", which ");
    }
    if (response->status == 401) {
      if (!isOwn) {
        return TransportError{OciError::Kind::unauthorized,
                              "redirects to " + request.url.authority() +
                                  ", which wants credentials; there are none for it"};
      }
      if (isAuthorized) {
        authorization_.reset();
        tokens_.remove(tokenKey_);
        return denied("does not let us read the repository, if there is one");
      }
      const auto authorized = authorize(*response, patience);
      if (authorized.has_error()) return authorized.error();
      isAuthorized = true;
    } else if (isRedirect(response->status)) {
      if (++redirects > kMostRedirects) {
        return TransportError{OciError::Kind::protocol,
                              "redirects more than " + std::to_string(kMostRedirects) + " times"};
      }
      auto target = redirected(request.url, *response);
      if (target.has_error()) return target.error();
      request.url = *std::move(target);
    } else {
      return response;
    }
  }
}

TransportResult<void> RegistrySession::authorize(const HttpResponse& response,
                                                 const PullPatience& patience) {
  bool hasBasic = false;
  for (const auto& [name, value] : response.fields) {
    if (name != "www-authenticate") continue;
    for (const AuthChallenge& challenge : parseChallenges(value)) {
      // A registry that offers both means the token for clients that can.
      if (challenge.scheme == AuthChallenge::Scheme::bearer) return useToken(challenge, patience);
      hasBasic = true;
    }
  }
  if (hasBasic) return useBasic();
  return TransportError{OciError::Kind::unauthorized,
                        "wants credentials of a kind that skiff does not have: it knows Basic and "
                        "Bearer"};
}

TransportResult<std::string> RegistrySession::basicCredentials() const {
  if (!settings_.passwordFile) return std::string();
  const auto bytes = readRegularFile(*settings_.passwordFile, kLargestPassword);
  if (bytes.has_error()) {
    return denied("wants a password, but the file " + inQuotes(settings_.passwordFile->string()) +
                  " " + bytes.error().message);
  }
  std::string text = settings_.username + ":";
  text.append(bytes->begin(), bytes->end());
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  std::string credentials = "Basic " + base64(text);
  OPENSSL_cleanse(text.data(), text.size());
  return credentials;
}

TransportResult<void> RegistrySession::useBasic() {
  auto credentials = basicCredentials();
  if (credentials.has_error()) return credentials.error();
  if (credentials->empty()) return denied("wants a user name and a password");
  authorization_ = *std::move(credentials);
  tokenKey_.clear();
  return {};
}

TransportResult<void> RegistrySession::useToken(const AuthChallenge& challenge,
                                                const PullPatience& patience) {
  std::string key = challenge.realm + "\n" + challenge.service + "\n" + challenge.scope;
  const auto cached = tokens_.find(key, Clock::now());
  const bool isRefused = cached && authorization_ == "Bearer " + *cached;
  if (cached && !isRefused) {
    authorization_ = "Bearer " + *cached;
  } else {
    auto token = fetchToken(challenge, patience);
    if (token.has_error()) return token.error();
    authorization_ = "Bearer " + token->value;
    tokens_.put(key, *std::move(token), Clock::now());
  }
  tokenKey_ = std::move(key);
  return {};
}

TransportResult<BearerToken> RegistrySession::fetchToken(const AuthChallenge& challenge,
                                                         const PullPatience& patience) {
  HttpRequest request;
  const auto realm = HttpUrl::parse(challenge.realm);
  if (!realm) {
    return TransportError{OciError::Kind::protocol,
                          "sends us for a token to what is no http or https URL"};
  }
  const std::string server = "sends us for a token to " + realm->authority() + ", which ";
  if (!realm->tls && !mayBePlain(*realm)) {
    return TransportError{OciError::Kind::protocol,
                          server +
                              "is plain HTTP; if that is to be trusted, set plain_http = true "
                              "in [registry.\"" +
                              realm->authority() + "\"]"};
  }
  request.url = *realm;
  request.mayBePrivate = mayBePrivate(*realm);
  if (!challenge.service.empty()) request.url.addQuery("service", challenge.service);
  request.url.addQuery(
      "scope", challenge.scope.empty() ? "repository:" + repository_ + ":pull" : challenge.scope);
  auto credentials = basicCredentials();
  if (credentials.has_error()) return credentials.error();
  if (!credentials->empty()) request.fields.emplace_back("Authorization", *credentials);
  const auto response = http_.send(request, patience);
  if (response.has_error()) return prefixed(response.error(), server);
  if (response->status == 401 || response->status == 403) {
    return denied(credentials->empty() ? server + "wants a user name and a password"
                                       : server + "does not take the user name and the password");
  }
  if (response->status != 200) {
    return TransportError{
        response->status >= 500 ? OciError::Kind::unreachable : OciError::Kind::protocol,
        server + "answered " + std::to_string(response->status),
        response->status >= 500 || response->status == 429};
  }
  auto body = http_.readAll(kLargestTokenAnswer, patience);
  if (body.has_error()) return prefixed(body.error(), server);
  auto token = parseTokenAnswer(*body);
  if (token.has_error()) {
    return TransportError{OciError::Kind::protocol,
                          server + "gave an answer that " + token.error().message};
  }
  return *std::move(token);
}

}  // namespace skiff
