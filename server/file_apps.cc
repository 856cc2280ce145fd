#include "server/file_apps.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <unordered_map>

#include "deploy/module_file.h"
#include "isolate/wasm/source_map.h"
#include "server/module_compilation.h"
#include "server/module_preparer.h"

namespace skiff {

bool servesAs(AppConfig was, const AppConfig& wanted) {
  const Limits& limits = wanted.limits;
  if (was.limits.memory != limits.memory || was.limits.heap != limits.heap) return false;
  was.limits = limits;
  return was == wanted;
}

Result<std::vector<RoutePattern>, std::vector<Error>> parseRoutes(
    const std::string& owner, const std::vector<std::string>& texts) {
  std::vector<RoutePattern> patterns;
  std::vector<Error> errors;
  for (const std::string& text : texts) {
    auto pattern = RoutePattern::parse(text);
    if (pattern.has_error()) {
      errors.push_back({owner + ": route \"" + text + "\": " + pattern.error().message});
    } else {
      patterns.push_back(std::move(*pattern));
    }
  }
  if (!errors.empty()) return errors;
  return patterns;
}

Result<std::shared_ptr<const ServedApp>> FileApps::makeApp(
    const std::string& tenant, const AppConfig& app, std::vector<RoutePattern> routes,
    const std::shared_ptr<const ServedApp>& previous) const {
  const std::string owner = tenant + "/" + app.name;
  const auto file = readModuleFile(app.module, kLargestModule);
  if (file.has_error()) return Error{owner + ": " + file.error().message};

  const std::string sourceMap = readSourceMapFile(app.module, wasm::kLargestSourceMap);
  const std::size_t sourceMapHash = std::hash<std::string>()(sourceMap);
  if (previous && previous->fromFile) {
    const VersionFacts& facts = previous->versions.front()->facts();
    if (servesAs(facts.config, app) && facts.digest == file->digest &&
        facts.sourceMapHash == sourceMapHash) {
      return previous;
    }
  }

  auto served = std::make_shared<ServedApp>();
  served->tenant = tenant;
  served->name = app.name;
  served->priority = app.priority;
  served->fromFile = true;
  served->quota = quotas_.app(tenant, app.name);
  const bool sameQuota = previous && previous->quota == served->quota;
  served->log = sameQuota ? previous->log
                          : std::make_shared<AppLog>(tenant, app.name, guestLogs_, served->quota);
  served->totals = previous ? previous->totals : std::make_shared<RequestTotals>();

  VersionFacts facts;
  facts.tenant = tenant;
  facts.config = app;
  facts.quota = served->quota;
  facts.name = file->digest;
  facts.digest = file->digest;
  facts.moduleDigest = file->digest;
  facts.sourceMapHash = sourceMapHash;
  facts.log = served->log;
  facts.appTotals = served->totals;
  auto version = std::make_shared<const AppVersion>(std::move(facts));
  auto prepared = preparer_.prepare(*version, file->bytes, sourceMap);
  if (prepared.has_error()) {
    return Error{owner + ": " + app.module.string() + ": " + prepared.error().message};
  }
  served->kept = std::move(*prepared);
  served->versions = {std::move(version)};
  served->weights = {1};
  served->split = Split(served->weights);
  served->routes = std::move(routes);
  return std::shared_ptr<const ServedApp>(std::move(served));
}

Result<FileApps::Apps, std::vector<Error>> FileApps::build(const Config& config,
                                                           const Deployment* previous) const {
  std::unordered_map<std::string, std::shared_ptr<const ServedApp>> known;
  if (previous) {
    for (const auto& app : previous->apps) {
      if (app) known.emplace(app->owner(), app);
    }
  }
  struct Job {
    const std::string* tenant;
    const AppConfig* app;
    std::shared_ptr<const ServedApp> previous;
    Result<std::vector<RoutePattern>, std::vector<Error>> routes;
    std::optional<Result<std::shared_ptr<const ServedApp>>> result;
  };
  std::vector<Job> jobs;
  for (const TenantConfig& tenant : config.tenants) {
    for (const AppConfig& app : tenant.apps) {
      const std::string owner = tenant.name + "/" + app.name;
      const auto found = known.find(owner);
      jobs.push_back({&tenant.name,
                      &app,
                      found == known.end() ? nullptr : found->second,
                      parseRoutes(owner, app.routes),
                      {}});
    }
  }

  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next.fetch_add(1); i < jobs.size(); i = next.fetch_add(1)) {
      try {
        auto routes = jobs[i].routes.has_value() ? *jobs[i].routes : std::vector<RoutePattern>();
        jobs[i].result =
            makeApp(*jobs[i].tenant, *jobs[i].app, std::move(routes), jobs[i].previous);
      } catch (const std::exception& error) {
        jobs[i].result = Error{*jobs[i].tenant + "/" + jobs[i].app->name + ": " + error.what()};
      }
    }
  };
  ModuleCompilation& compilation = preparer_.compilation();
  const std::size_t threadCount = std::min(jobs.size(), compilation.width());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < threadCount; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  compilation.rest();

  std::vector<Error> errors;
  Apps apps;
  for (Job& job : jobs) {
    if (job.result->has_error()) {
      errors.push_back(job.result->error());
    } else {
      apps.push_back(std::move(**job.result));
    }
    if (job.routes.has_error()) {
      const std::vector<Error> more = job.routes.error();  // error() gives a copy
      errors.insert(errors.end(), more.begin(), more.end());
    }
  }
  if (!errors.empty()) return errors;
  return apps;
}

}  // namespace skiff
