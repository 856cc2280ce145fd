#include "server/api/app_checks.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "config/private_address.h"
#include "server/api/json_io.h"

namespace skiff {
namespace {

namespace json = boost::json;

constexpr std::size_t kLargestEnvironment = std::size_t{1} << 20;  // bytes

/// "limits.cpu_ms" and the like, of those that one request or one instance may use.
std::vector<std::string_view> limitsBeyond(const Limits& app, const Limits& tenant) {
  std::vector<std::string_view> beyond;
  if (app.cpu > tenant.cpu) beyond.push_back("limits.cpu_ms");
  if (app.wall > tenant.wall) beyond.push_back("limits.wall_ms");
  if (app.queue > tenant.queue) beyond.push_back("limits.queue_ms");
  if (app.requestBody > tenant.requestBody) beyond.push_back("limits.request_body");
  if (app.responseBody > tenant.responseBody) beyond.push_back("limits.response_body");
  if (app.memory > tenant.memory) beyond.push_back("limits.memory");
  if (app.heap > tenant.heap) beyond.push_back("limits.heap");
  return beyond;
}

ApiProblem forbidden(std::string detail) {
  return {ProblemCode::forbidden, std::move(detail)};
}

}  // namespace

bool isPrivateOrigin(std::string_view origin) {
  constexpr std::string_view kScheme = "http://";
  if (origin.starts_with(kScheme)) origin.remove_prefix(kScheme.size());
  std::string host;
  if (origin.starts_with('[')) {
    host = origin.substr(1, origin.find(']') - 1);
    std::array<std::uint8_t, 16> address{};
    return inet_pton(AF_INET6, host.c_str(), address.data()) != 1 || isPrivateIpv6(address);
  }
  host = origin.substr(0, origin.find(':'));
  if (host.ends_with('.')) host.pop_back();
  // inet_aton() takes what resolvers take for an address: "127.1", "0x7f000001", "017700000001".
  in_addr address;
  if (inet_aton(host.c_str(), &address) != 0) return isPrivateIpv4(ntohl(address.s_addr));
  return host == "localhost" || host.ends_with(".localhost") || host.find('.') == std::string::npos;
}

ApiResult<void> checkTenantAdmin(const TenantSettings& tenant, const AppSettings& app,
                                 const AppSettings* before) {
  const AppConfig& config = app.config;
  const auto isNew = [&](const auto AppConfig::*key) {
    return !before || before->config.*key != config.*key;
  };
  if (!config.dirs.empty() && isNew(&AppConfig::dirs)) {
    return forbidden("dirs shows directories of the server: only an operator may set it.");
  }
  if (config.files && isNew(&AppConfig::files)) {
    return forbidden("files shows a directory of the server: only an operator may set it.");
  }
  if (config.origin && isPrivateOrigin(*config.origin) && isNew(&AppConfig::origin)) {
    return forbidden(
        "origin is this machine or a network that is not public: only an operator may set it.");
  }
  for (const std::string_view key : limitsBeyond(config.limits, tenant.limits)) {
    if (before) {
      const auto already = limitsBeyond(before->config.limits, tenant.limits);
      const bool wasBeyond = std::find(already.begin(), already.end(), key) != already.end();
      if (wasBeyond && before->config.limits == config.limits) continue;
    }
    return forbidden(std::string(key) +
                     " is beyond the tenant's: lower it, or ask the operator to raise the "
                     "tenant's.");
  }
  for (const RoutePattern& route : app.routes) {
    const bool isOwn =
        std::any_of(tenant.hosts.begin(), tenant.hosts.end(),
                    [&](const RoutePattern& host) { return hostCovers(host, route); });
    if (isOwn) continue;
    if (!tenant.hosts.empty()) {
      return forbidden("The route " + route.text() +
                       " is on none of the tenant's hosts: choose another, or ask the operator.");
    }
    if (route.hostKind == RoutePattern::Host::any) {
      return forbidden("The route " + route.text() +
                       " is on every host: only an operator may set it; name a host.");
    }
  }
  return {};
}

AppView viewOfFileApp(const std::string& tenant, const AppConfig& app) {
  json::object document;
  document["routes"] = json::array(app.routes.begin(), app.routes.end());
  document["priority"] = app.priority;
  document["min_instances"] = app.minInstances;
  document["max_instances"] = app.maxInstances;
  if (app.origin) document["origin"] = *app.origin;
  if (!app.args.empty()) document["args"] = json::array(app.args.begin(), app.args.end());
  AppView view;
  view.record.tenant = tenant;
  view.record.name = app.name;
  view.record.document = json::serialize(document);
  view.fromFile = true;
  return view;
}

ApiResult<void> checkEnvironment(const AppSettings& app,
                                 const std::vector<std::pair<std::string, std::string>>& secrets,
                                 std::string_view key) {
  std::size_t bytes = 0;
  for (const auto* variables : {&app.config.env, &secrets}) {
    for (const auto& [name, value] : *variables) bytes += name.size() + value.size();
  }
  if (bytes <= kLargestEnvironment) return {};
  return invalidProblem(std::string(key),
                        "brings the app's secrets and env to " + std::to_string(bytes) +
                            " bytes; all names and values together may have at most " +
                            std::to_string(kLargestEnvironment) +
                            ". Shorten it, or delete a secret.");
}

}  // namespace skiff
