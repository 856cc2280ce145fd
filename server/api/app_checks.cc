#include "server/api/app_checks.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "server/api/json_io.h"

namespace skiff {
namespace {

namespace json = boost::json;

bool isPrivateIpv4(std::uint32_t address) {
  const auto within = [&](std::uint32_t network, int bits) {
    return (address ^ network) >> (32 - bits) == 0;
  };
  // RFC 6890: this host, private, shared, loopback, link-local, benchmarking, multicast, reserved.
  return within(0x00000000, 8) || within(0x0a000000, 8) || within(0x64400000, 10) ||
         within(0x7f000000, 8) || within(0xa9fe0000, 16) || within(0xac100000, 12) ||
         within(0xc0000000, 24) || within(0xc0a80000, 16) || within(0xc6120000, 15) ||
         within(0xe0000000, 3);
}

bool isPrivateIpv6(const in6_addr& address) {
  const std::uint8_t* bytes = address.s6_addr;
  std::uint32_t last = 0;
  std::memcpy(&last, bytes + 12, sizeof last);
  if (IN6_IS_ADDR_V4MAPPED(&address) || IN6_IS_ADDR_V4COMPAT(&address)) {
    return isPrivateIpv4(ntohl(last));
  }
  if (bytes[0] == 0 && bytes[1] == 0x64 && bytes[2] == 0xff && bytes[3] == 0x9b) return true;
  // Only 2000::/3 is global unicast (RFC 4291, section 2.4).
  return (bytes[0] & 0xe0) != 0x20;
}

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
    in6_addr address;
    return inet_pton(AF_INET6, host.c_str(), &address) != 1 || isPrivateIpv6(address);
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

}  // namespace skiff
