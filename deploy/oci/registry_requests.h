#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/config.h"
#include "deploy/oci/error.h"
#include "deploy/oci/limits.h"
#include "deploy/oci/registry_session.h"
#include "deploy/oci/retry.h"

namespace skiff {

/// What RegistryClient's requests have in common: tries, what a status stands for, and errors that
/// say where. One thread.
class RegistryRequests {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  RegistryRequests(std::string registry, std::string repository, const OciConfig& config,
                   const PullLimits& limits, PullPatience patience, TlsTrust trust);

  /// Makes `attempt`, which gives a TransportResult<T>, until it succeeds or there is no further
  /// try.
  template <class T, class Attempt>
  OciResult<T> tryUntilDone(Retry& retry, Attempt attempt) {
    for (;;) {
      TransportResult<T> result = attempt();
      if (result.has_value()) {
        if constexpr (std::is_void_v<T>) {
          return {};
        } else {
          return OciResult<T>(boost::system::in_place_value, *std::move(result));
        }
      }
      if (!result.error().again || !retry.wait(result.error().after)) return error(result.error());
    }
  }
  template <class T, class Attempt>
  OciResult<T> tryUntilDone(Attempt attempt) {
    Retry retry(limits_, patience_);
    return tryUntilDone<T>(retry, std::move(attempt));
  }

  /// Asks for "/v2/<repository>/" and `path`. Any status but 401 and redirects is given back.
  TransportResult<HttpResponse> send(HttpRequest::Method method, std::string_view path,
                                     Fields fields = {});
  /// The same, for 200 only. `what` is what is asked for: "the tag \"v1\"".
  TransportResult<HttpResponse> get(std::string_view path, std::string_view what,
                                    Fields fields = {});
  /// What a status that is not 200 stands for; reads what the answer says of it.
  TransportError refusal(const HttpResponse& response, std::string_view what);

  OutboundClient& http() { return session_.http(); }
  const PullLimits& limits() const { return limits_; }
  const PullPatience& patience() const { return patience_; }

 private:
  OciError error(const TransportError& error) const;

  std::string registry_;
  std::string repository_;
  PullLimits limits_;
  PullPatience patience_;
  RegistrySession session_;
};

}  // namespace skiff
