#include "deploy/oci/registry_requests.h"

#include <algorithm>
#include <boost/json/parse.hpp>

namespace skiff {
namespace {

constexpr ByteSize kLargestRefusal = 64_KiB;
constexpr std::size_t kLongestCode = 40;

/// The code of the first error in a registry's answer, such as " (MANIFEST_UNKNOWN)"; empty if
/// there is none. Only the code, since what stands beside it is anybody's text.
std::string errorCode(std::string_view body) {
  boost::system::error_code error;
  const boost::json::value document = boost::json::parse({body.data(), body.size()}, error);
  const boost::json::value* const code = document.find_pointer("/errors/0/code", error);
  if (code == nullptr || !code->is_string()) return {};
  const std::string_view text(code->get_string().data(), code->get_string().size());
  if (text.empty() || text.size() > kLongestCode ||
      !std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
      })) {
    return {};
  }
  return " (" + std::string(text) + ")";
}

/// What to do about it.
std::string advice(OciError::Kind kind, const std::string& registry) {
  switch (kind) {
    case OciError::Kind::notFound:
      return "; check the name, and that it has been pushed";
    case OciError::Kind::unreachable:
      return "; check that it runs and can be reached from here, or try again later";
    case OciError::Kind::tls:
      return "; if it has an authority of its own, name its certificate as ca in [registry.\"" +
             registry + "\"]; if it speaks plain HTTP, set plain_http = true there";
    case OciError::Kind::digestMismatch:
      return "; nothing of it was kept: push it again, or ask whoever runs the registry";
    default:
      return {};
  }
}

}  // namespace

RegistryRequests::RegistryRequests(std::string registry, std::string repository,
                                   const OciConfig& config, const PullLimits& limits,
                                   PullPatience patience, TlsTrust trust)
    : registry_(std::move(registry)),
      repository_(std::move(repository)),
      limits_(limits),
      patience_(std::move(patience)),
      session_(registry_, repository_, config, limits, std::move(trust)) {}

TransportResult<HttpResponse> RegistryRequests::send(HttpRequest::Method method,
                                                     std::string_view path, Fields fields) {
  return session_.send(method, "/v2/" + repository_ + "/" + std::string(path), std::move(fields),
                       patience_);
}

TransportResult<HttpResponse> RegistryRequests::get(std::string_view path, std::string_view what,
                                                    Fields fields) {
  auto response = send(HttpRequest::Method::get, path, std::move(fields));
  if (response.has_value() && response->status != 200) return refusal(*response, what);
  return response;
}

TransportError RegistryRequests::refusal(const HttpResponse& response, std::string_view what) {
  const auto body = http().readAll(kLargestRefusal, patience_);
  const std::string code = body.has_value() ? errorCode(*body) : std::string();
  const std::string status = std::to_string(response.status);
  if (response.status == 404) {
    return {OciError::Kind::notFound, "does not have " + std::string(what) + code};
  }
  if (response.status == 403) {
    return {OciError::Kind::unauthorized, "does not let us read " + std::string(what) + code +
                                              "; check username and password_file of [registry.\"" +
                                              registry_ + "\"] in the configuration"};
  }
  TransportError error{OciError::Kind::protocol,
                       "answered " + status + code + " when asked for " + std::string(what)};
  if (response.status == 429 || response.status == 408 || response.status >= 500) {
    error.kind = OciError::Kind::unreachable;
    error.again = true;
    error.after = parseRetryAfter(response.field("retry-after"), std::chrono::system_clock::now());
  }
  return error;
}

OciError RegistryRequests::error(const TransportError& error) const {
  const std::string place = registry_ + ", asked for " + repository_ + ", ";
  if (patience_.stop.stop_requested()) {
    return {OciError::Kind::cancelled, place + "was given up, as was asked for"};
  }
  return {error.kind, place + error.what + advice(error.kind, registry_)};
}

}  // namespace skiff
