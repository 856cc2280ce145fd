#include "server/module_preparer.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "deploy/module_file.h"
#include "isolate/engine.h"
#include "isolate/prepared_module.h"
#include "isolate/wasm/source_map.h"
#include "server/module_compilation.h"
#include "server/sandbox_grants.h"

namespace skiff {
namespace {

GuestSettings settingsOf(const VersionFacts& facts, wasi::OpenFileBudget& openFiles) {
  const AppConfig& app = facts.config;
  GuestSettings settings;
  settings.tenant = facts.tenant;
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
  settings.quota = facts.quota;
  settings.log = &facts.log->guests;
  return settings;
}

}  // namespace

wasi::OpenFileBudget& ModulePreparer::openFilesOf(const std::string& tenant) const {
  constexpr std::size_t kShare = 8;  // of so many parts
  const std::size_t share = std::max<std::size_t>(1, openFiles_.limit() / kShare);
  const std::lock_guard lock(sharesMutex_);
  return shares_.try_emplace(tenant, share, &openFiles_).first->second;
}

std::string ModulePreparer::planKeyOf(const VersionFacts& facts) const {
  return "plan " + buildId_ + ' ' + facts.moduleDigest + ' ' +
         std::to_string(facts.config.limits.memory.bytes());
}

std::optional<ModulePlan> ModulePreparer::recallPlan(const VersionFacts& facts) const {
  if (buildId_.empty()) return std::nullopt;
  const auto kept = compilation_.compiler().recall(planKeyOf(facts));
  return kept ? readPlan(kept->bytes()) : std::nullopt;
}

ModulePreparer::Prepared ModulePreparer::prepare(const AppVersion& version) const {
  const VersionFacts& facts = version.facts();
  const SpareSource* const spares = spares_ ? &*spares_ : nullptr;
  if (auto known = recallPlan(facts)) return prepare(version, {}, std::move(*known), spares);
  const auto file = readModuleFile(facts.config.module, kLargestModule);
  if (file.has_error()) return LoadError{file.error().message};
  if (file->digest != facts.moduleDigest) {
    return LoadError{"the stored module of version " + facts.name + " is damaged: its digest is " +
                     file->digest + " instead of " + facts.moduleDigest + "; deploy it again"};
  }
  return prepareAnew(version, file->bytes, {}, spares);
}

ModulePreparer::Prepared ModulePreparer::prepare(const AppVersion& version,
                                                 std::span<const std::uint8_t> bytes,
                                                 std::string_view sourceMap) const {
  // What is kept knows of no source map.
  auto known = sourceMap.empty() ? recallPlan(version.facts()) : std::nullopt;
  if (known) return prepare(version, bytes, std::move(*known), nullptr);
  return prepareAnew(version, bytes, sourceMap, nullptr);
}

ModulePreparer::Prepared ModulePreparer::prepareAnew(const AppVersion& version,
                                                     std::span<const std::uint8_t> bytes,
                                                     std::string_view sourceMap,
                                                     const SpareSource* spares) const {
  const VersionFacts& facts = version.facts();
  Compiler& compiler = compilation_.compiler();
  auto plan = planModule(bytes, sourceMap, {kLargestModule, facts.config.limits.memory});
  if (plan.has_error()) return LoadError{plan.error().text()};
  plan->codeName = compiler.nameOf(plan->bytes);
  std::vector<std::uint8_t> kept;
  if (sourceMap.empty() && !buildId_.empty()) {
    plan->isKnownValid = true;  // or it is not kept
    kept = writePlan(*plan);
    plan->isKnownValid = false;
  }
  auto prepared = prepare(version, bytes, std::move(*plan), spares);
  if (prepared.has_value() && !kept.empty()) compiler.remember(planKeyOf(facts), kept);
  return prepared;
}

void ModulePreparer::forgetThread() const {
  engine_.forgetThread();
}

ModulePreparer::Prepared ModulePreparer::prepare(const AppVersion& version,
                                                 std::span<const std::uint8_t> bytes,
                                                 ModulePlan plan, const SpareSource* spares) const {
  const VersionFacts& facts = version.facts();
  if (grants_) {
    if (auto outside = findOutside(*grants_, sandboxGrants(facts.config)))
      return LoadError{*outside};
  }
  PrepareRequest request;
  request.bytes = bytes;
  request.digest = facts.moduleDigest;
  request.settings = settingsOf(facts, openFilesOf(facts.tenant));
  request.limits = facts.config.limits;
  request.reuse = facts.config.reuse;
  request.snapshot = facts.config.snapshot;
  request.maxModule = kLargestModule;
  request.spares = spares;
  auto prepared = prepareModule(engine_, watchdog_, compilation_.compiler(), std::move(request),
                                std::move(plan));
  if (prepared.has_error()) {
    return LoadError{prepared.error().text(), prepared.error().isTransient};
  }
  const PreparedModule& module = **prepared;
  // Loading what was prepared before, for a request, is an everyday matter.
  spdlog::log(bytes.empty() && module.stored ? spdlog::level::debug : spdlog::level::info,
              "prepared {}/{} ({}, {}): {} in {:.1f} ms, initialised in {:.1f} ms{}{}",
              facts.tenant, facts.config.name, module.abi->name(), module.digest.substr(0, 19),
              module.stored ? "restored" : "compiled",
              static_cast<double>(module.compileTime.count()) / 1e3,
              static_cast<double>(module.initTime.count()) / 1e3,
              module.image ? "" : "; a new instance per request: ", module.whyNoImage);
  std::shared_ptr<const PreparedModule> made(std::move(*prepared));
  version.setModule(made);
  return made;
}

}  // namespace skiff
