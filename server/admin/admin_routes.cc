#include "server/admin/admin_routes.h"

#include <boost/asio/ip/address.hpp>
#include <boost/json.hpp>
#include <boost/system/error_code.hpp>

#include "server/api/api.h"

namespace skiff {
namespace {

namespace json = boost::json;

constexpr std::string_view kJson = "application/json";

AdminAnswer jsonAnswer(unsigned status, const json::object& body) {
  return {
      .status = status, .contentType = kJson, .allow = {}, .body = json::serialize(body) + "\n"};
}

AdminAnswer answerMetrics(const AdminHooks& hooks) {
  return {.status = 200,
          .contentType = "text/plain; version=0.0.4; charset=utf-8",
          .allow = {},
          .body = hooks.metrics()};
}

AdminAnswer answerHealth(const AdminHooks& hooks) {
  return jsonAnswer(200, {{"status", "ok"}, {"version", SKIFF_VERSION}, {"engine", hooks.engine}});
}

AdminAnswer answerReadiness(const AdminHooks& hooks) {
  const std::vector<std::string> notReady = hooks.notReady();
  if (notReady.empty()) return jsonAnswer(200, {{"status", "ready"}});
  return jsonAnswer(
      503, {{"status", "not_ready"}, {"not_ready", json::array(notReady.begin(), notReady.end())}});
}

AdminAnswer answerOpenApi(const AdminHooks&) {
  return {.status = 200,
          .contentType = kJson,
          .allow = {},
          .body = std::string(Api::openApiDocument())};
}

struct Route {
  std::string_view path;
  AdminAnswer (*answer)(const AdminHooks&);
};
constexpr Route kRoutes[] = {
    {"/metrics", answerMetrics},
    {"/healthz", answerHealth},
    {"/readyz", answerReadiness},
    {"/openapi.json", answerOpenApi},
};

/// The host of "host[:port]", without the brackets of an IPv6 address.
std::string_view withoutPort(std::string_view host) {
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    return end == host.npos ? std::string_view() : host.substr(1, end - 1);
  }
  return host.substr(0, host.find(':'));
}

bool isOwnHost(std::string_view host) {
  const std::string name(withoutPort(host));
  if (name == "localhost") return true;
  boost::system::error_code error;
  boost::asio::ip::make_address(name, error);
  return !error;
}

}  // namespace

AdminAnswer adminProblem(unsigned status, std::string_view title, std::string_view detail) {
  AdminAnswer answer = jsonAnswer(
      status, {{"type", "about:blank"}, {"title", title}, {"status", status}, {"detail", detail}});
  answer.contentType = "application/problem+json";
  return answer;
}

AdminAnswer refuseForeignHost(std::string_view host) {
  // HTTP/1.0 has no Host, and a browser always sends one.
  if (host.empty() || isOwnHost(host)) {
    return {.status = 0, .contentType = {}, .allow = {}, .body = {}};
  }
  return adminProblem(421, "Misdirected Request",
                      "Address the admin listener by its IP address or as localhost.");
}

AdminAnswer answerAdminRequest(const AdminHooks& hooks, const AdminRequest& request) {
  AdminAnswer refusal = refuseForeignHost(request.host);
  if (refusal.status != 0) return refusal;
  const std::string_view path = request.target.substr(0, request.target.find('?'));
  for (const Route& route : kRoutes) {
    if (route.path != path) continue;
    if (request.method == "GET" || request.method == "HEAD") return route.answer(hooks);
    AdminAnswer answer = adminProblem(405, "Method Not Allowed", "Use GET or HEAD.");
    answer.allow = "GET, HEAD";
    return answer;
  }
  return adminProblem(404, "Not Found",
                      "There are /metrics, /healthz, /readyz, /openapi.json and /v1.");
}

}  // namespace skiff
