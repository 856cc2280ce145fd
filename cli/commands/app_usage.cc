#include "cli/commands/app_usage.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <map>

#include "cli/session/json_fields.h"
#include "cli/terminal/human.h"
#include "cli/terminal/table.h"

namespace skiff::cli {
namespace {

namespace json = boost::json;
using Align = Table::Align;

constexpr std::size_t kMaxPages = 100;

std::string decimal(double value, std::string_view unit = {}) {
  char text[48];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text + std::string(unit);
}

std::string cpuText(std::chrono::microseconds cpu) {
  return decimal(static_cast<double>(cpu.count()) / 1e6, " s");
}

}  // namespace

std::vector<AppUsage> usageOf(const json::value& status) {
  std::vector<AppUsage> apps;
  for (const json::value& item : listOf(status, "items")) {
    apps.push_back({.tenant = textOf(item, "tenant"),
                    .app = textOf(item, "app"),
                    .versions = listOf(item, "versions").size(),
                    .isLoaded = isTrue(item, "loaded"),
                    .requests = countOf(item, "requests"),
                    .failed = countOf(item, "failed"),
                    .cpu = std::chrono::microseconds(countOf(item, "cpu_us")),
                    .memory = countOf(item, "memory_bytes"),
                    .instances = countOf(item, "instances")});
  }
  return apps;
}

Answer<json::value> askStatus(Session& session) {
  const std::string first = "/v1/status?limit=1000";
  auto status = session.get(first);
  if (!status) return status;
  json::value& whole = *status;
  for (std::size_t page = 1; page < kMaxPages; ++page) {
    const std::string next = textOf(whole, "next");
    if (next.empty()) break;
    auto more = session.get(first + "&after=" + escapeSegment(next));
    if (!more) return more;
    json::object& object = whole.get_object();
    object["next"] = member(*more, "next");
    if (!object["items"].is_array() || textOf(whole, "next") == next) break;
    for (const json::value& item : listOf(*more, "items")) {
      object["items"].get_array().push_back(item);
    }
  }
  return status;
}

std::vector<UsageRate> ratesBetween(const std::vector<AppUsage>& before,
                                    const std::vector<AppUsage>& now,
                                    std::chrono::duration<double> passed) {
  std::map<std::pair<std::string_view, std::string_view>, const AppUsage*> known;
  for (const AppUsage& app : before) known[{app.tenant, app.app}] = &app;
  std::vector<UsageRate> rates;
  for (const AppUsage& app : now) {
    UsageRate rate;
    const auto found = known.find({app.tenant, app.app});
    if (found != known.end() && passed.count() > 0) {
      const AppUsage& was = *found->second;
      const auto perSecond = [&](auto later, auto earlier) {
        return later < earlier ? 0.0 : static_cast<double>(later - earlier) / passed.count();
      };
      rate.requests = perSecond(app.requests, was.requests);
      rate.failed = perSecond(app.failed, was.failed);
      rate.cpuPercent = perSecond(app.cpu.count(), was.cpu.count()) / 1e4;
    }
    rates.push_back(rate);
  }
  return rates;
}

std::string usageSummary(const json::value& status) {
  const auto uptime = std::min<std::uint64_t>(countOf(status, "uptime_s"), 1'000'000'000'000);
  return "up      " + humanDuration(std::chrono::seconds(uptime)) + "\napps    " +
         humanCount(countOf(status, "apps")) + " of " + humanCount(countOf(status, "tenants")) +
         " tenants, " + humanCount(countOf(status, "loaded")) + " loaded, " +
         humanCount(countOf(status, "instances")) + " instances\n";
}

std::string usageTable(const Console& console, const std::vector<AppUsage>& apps,
                       const std::vector<UsageRate>* rates) {
  Table table({{"TENANT"},
               {"APP"},
               {rates ? "CPU %" : "CPU", Align::right},
               {rates ? "REQ/S" : "REQUESTS", Align::right},
               {rates ? "FAILED/S" : "FAILED", Align::right},
               {"MEMORY", Align::right},
               {"INSTANCES", Align::right},
               {"VERSIONS", Align::right},
               {"STATE"}});
  for (std::size_t i = 0; i < apps.size(); ++i) {
    const AppUsage& app = apps[i];
    const UsageRate* rate = rates && i < rates->size() ? &(*rates)[i] : nullptr;
    const bool hasFailed = rate ? rate->failed > 0 : app.failed > 0;
    table.add({app.tenant,
               {app.app, Style::name},
               rate ? decimal(rate->cpuPercent) : cpuText(app.cpu),
               rate ? decimal(rate->requests) : humanCount(app.requests),
               {rate ? decimal(rate->failed) : humanCount(app.failed),
                hasFailed ? Style::bad : Style::plain},
               humanBytes(app.memory),
               humanCount(app.instances),
               std::to_string(app.versions),
               app.isLoaded ? "loaded" : "idle"});
  }
  return table.text(console);
}

}  // namespace skiff::cli
