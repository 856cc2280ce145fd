#include "server/deployment_builder.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <unordered_map>

#include "deploy/module_file.h"
#include "isolate/wasm/source_map.h"
#include "server/module_compilation.h"

namespace skiff {
namespace {

constexpr ByteSize kMaxModule = 64_MiB;

GuestSettings settingsOf(const std::string& tenant, const AppConfig& app, GuestLog& log,
                         wasi::OpenFileBudget& openFiles) {
  GuestSettings settings;
  settings.tenant = tenant;
  settings.app = app.name;
  settings.arguments = {app.name};
  settings.arguments.insert(settings.arguments.end(), app.args.begin(), app.args.end());
  settings.environment = app.env;
  if (app.files) settings.directories.push_back({*app.files, "/", false});
  settings.directories.insert(settings.directories.end(), app.dirs.begin(), app.dirs.end());
  settings.openFiles = &openFiles;
  settings.temporary = app.tmp;
  settings.memory = app.limits.memory;
  settings.clock = app.clock;
  settings.config = app.config;
  settings.hasOrigin = app.origin.has_value();
  settings.log = &log;
  return settings;
}

/// The same but for limits that can change while it is served.
bool servesAs(AppConfig was, const AppConfig& wanted) {
  const Limits& limits = wanted.limits;
  if (was.limits.memory != limits.memory || was.limits.heap != limits.heap) return false;
  was.limits = limits;
  return was == wanted;
}

}  // namespace

wasi::OpenFileBudget& DeploymentBuilder::openFilesOf(const std::string& tenant) {
  constexpr std::size_t kShare = 8;  // of so many parts
  const std::size_t share = std::max<std::size_t>(1, openFiles_.limit() / kShare);
  const std::lock_guard lock(sharesMutex_);
  return shares_.try_emplace(tenant, share, &openFiles_).first->second;
}

Result<std::shared_ptr<const AppDeployment>> DeploymentBuilder::prepareApp(
    const std::string& tenant, const AppConfig& app,
    const std::shared_ptr<const AppDeployment>& previous) {
  const std::string who = tenant + "/" + app.name + ": ";
  const auto file = readModuleFile(app.module, kMaxModule);
  if (file.has_error()) return Error{who + file.error().message};

  const std::string sourceMap = readSourceMapFile(app.module, wasm::kLargestSourceMap);
  const std::size_t sourceMapHash = std::hash<std::string>()(sourceMap);
  if (previous && servesAs(previous->config, app) && previous->digest == file->digest &&
      previous->sourceMapHash == sourceMapHash) {
    return previous;
  }

  auto deployment = std::make_shared<AppDeployment>();
  deployment->tenant = tenant;
  deployment->config = app;
  deployment->quota = quotas_.app(tenant, app.name);
  deployment->digest = file->digest;
  deployment->sourceMapHash = sourceMapHash;
  GuestLogOptions logOptions;
  logOptions.quota = deployment->quota;
  deployment->log =
      std::make_shared<AppGuestLog>(tenant, app.name, guestLogs_, std::move(logOptions));
  deployment->faults = std::make_unique<FaultLog>(*deployment->log);

  PrepareRequest request;
  request.bytes = file->bytes;
  request.sourceMap = sourceMap;
  request.digest = file->digest;
  request.settings = settingsOf(tenant, app, *deployment->log, openFilesOf(tenant));
  request.settings.quota = deployment->quota;
  request.limits = app.limits;
  request.reuse = app.reuse;
  request.snapshot = app.snapshot;
  request.maxModule = kMaxModule;
  auto prepared = prepareModule(engine_, watchdog_, compilation_.compiler(), std::move(request));
  if (prepared.has_error()) {
    return Error{who + app.module.string() + ": " + prepared.error().text()};
  }
  deployment->module = std::move(*prepared);
  const PreparedModule& module = *deployment->module;
  spdlog::info("prepared {}/{} ({}, {}): {} in {:.1f} ms, initialised in {:.1f} ms{}{}", tenant,
               app.name, module.abi->name(), module.digest.substr(0, 19),
               module.stored ? "restored" : "compiled",
               static_cast<double>(module.compileTime.count()) / 1e3,
               static_cast<double>(module.initTime.count()) / 1e3,
               module.image ? "" : "; a new instance per request: ", module.whyNoImage);
  return std::shared_ptr<const AppDeployment>(std::move(deployment));
}

Result<std::shared_ptr<const Deployment>, std::vector<Error>> DeploymentBuilder::build(
    const Config& config, const Deployment* previous) {
  std::unordered_map<std::string, std::shared_ptr<const AppDeployment>> known;
  if (previous) {
    for (const auto& app : previous->apps) known.emplace(app->tenant + "/" + app->config.name, app);
  }
  struct Job {
    const std::string* tenant;
    const AppConfig* app;
    std::shared_ptr<const AppDeployment> previous;
    std::optional<Result<std::shared_ptr<const AppDeployment>>> result;
  };
  std::vector<Job> jobs;
  for (const TenantConfig& tenant : config.tenants) {
    for (const AppConfig& app : tenant.apps) {
      const auto found = known.find(tenant.name + "/" + app.name);
      jobs.push_back({&tenant.name, &app, found == known.end() ? nullptr : found->second, {}});
    }
  }

  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next.fetch_add(1); i < jobs.size(); i = next.fetch_add(1)) {
      try {
        jobs[i].result = prepareApp(*jobs[i].tenant, *jobs[i].app, jobs[i].previous);
      } catch (const std::exception& error) {
        jobs[i].result = Error{*jobs[i].tenant + "/" + jobs[i].app->name + ": " + error.what()};
      }
    }
  };
  const std::size_t threadCount = std::min(jobs.size(), compilation_.width());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < threadCount; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  compilation_.rest();

  std::vector<Error> errors;
  auto deployment = std::make_shared<Deployment>();
  std::vector<RouteSpec> routes;
  for (const Job& job : jobs) {
    const std::string owner = *job.tenant + "/" + job.app->name;
    if (job.result->has_error()) {
      errors.push_back(job.result->error());
    } else {
      deployment->apps.push_back(**job.result);
    }
    for (const std::string& text : job.app->routes) {
      auto pattern = RoutePattern::parse(text);
      if (pattern.has_error()) {
        errors.push_back(Error{owner + ": route \"" + text + "\": " + pattern.error().message});
        continue;
      }
      const auto target =
          static_cast<RouteTarget>(deployment->apps.empty() ? 0 : deployment->apps.size() - 1);
      routes.push_back({std::move(*pattern), job.app->priority, target, owner});
    }
  }
  auto table = RouteTable::build(routes);
  if (table.has_error()) {
    const std::vector<Error> conflicts = table.error();  // error() gives a copy
    errors.insert(errors.end(), conflicts.begin(), conflicts.end());
  }
  if (!errors.empty()) return errors;
  deployment->routes = std::move(*table);
  return std::shared_ptr<const Deployment>(std::move(deployment));
}

}  // namespace skiff
