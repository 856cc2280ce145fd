#include <algorithm>
#include <set>
#include <tuple>

#include "server/api/handlers.h"
#include "server/api/reply.h"
#include "server/api/views.h"

namespace skiff::handlers {

namespace json = boost::json;

Answer getStatus(ApiContext& context, const ApiRequest& request) {
  const auto limit = queryLimit(request);
  if (limit.has_error()) return limit.error();
  const std::string after = queryValue(request, "after").value_or("");
  auto apps = context.operations.status(request.caller.tenant);
  std::sort(apps.begin(), apps.end(), [&](const auto& a, const auto& b) {
    return std::tie(a.tenant, a.app) < std::tie(b.tenant, b.app);
  });
  const std::size_t slash = std::min(after.find('/'), after.size());
  const std::pair<std::string, std::string> behind(after.substr(0, slash),
                                                   after.substr(std::min(after.size(), slash + 1)));
  std::set<std::string_view> tenants;
  std::uint64_t loaded = 0;
  std::uint64_t instances = 0;
  json::array items;
  json::value next;
  for (const AppRuntime::AppStatus& status : apps) {
    tenants.insert(status.tenant);
    loaded += status.loaded ? 1 : 0;
    instances += status.instances;
    if (!after.empty() &&
        std::tie(status.tenant, status.app) <= std::tie(behind.first, behind.second)) {
      continue;
    }
    if (items.size() == *limit) {
      if (next.is_null()) {
        next = std::string(items.back().at("tenant").get_string()) + "/" +
               std::string(items.back().at("app").get_string());
      }
      continue;
    }
    items.push_back(views::status(status));
  }
  const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::steady_clock::now() - context.started);
  const bool ready = !context.info.notReady || context.info.notReady().empty();
  return jsonAnswer(200, json::object{{"version", SKIFF_VERSION},
                                      {"engine", context.info.engine},
                                      {"uptime_s", uptime.count()},
                                      {"ready", ready},
                                      {"tenants", tenants.size()},
                                      {"apps", apps.size()},
                                      {"loaded", loaded},
                                      {"instances", instances},
                                      {"items", std::move(items)},
                                      {"next", std::move(next)}});
}

}  // namespace skiff::handlers
