#include "server/module_preparer.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "deploy/module_file.h"
#include "isolate/engine.h"
#include "isolate/prepared_module.h"
#include "isolate/wasm/source_map.h"
#include "server/module_compilation.h"

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

Result<std::shared_ptr<const PreparedModule>> ModulePreparer::prepare(
    const AppVersion& version) const {
  const VersionFacts& facts = version.facts();
  const auto file = readModuleFile(facts.config.module, kLargestModule);
  if (file.has_error()) return file.error();
  if (file->digest != facts.moduleDigest) {
    return Error{"the stored module of version " + facts.name + " is damaged: its digest is " +
                 file->digest + " instead of " + facts.moduleDigest + "; deploy it again"};
  }
  return prepare(version, file->bytes, {}, spares_ ? &*spares_ : nullptr);
}

Result<std::shared_ptr<const PreparedModule>> ModulePreparer::prepare(
    const AppVersion& version, std::span<const std::uint8_t> bytes,
    std::string_view sourceMap) const {
  return prepare(version, bytes, sourceMap, nullptr);
}

void ModulePreparer::forgetThread() const {
  engine_.forgetThread();
}

Result<std::shared_ptr<const PreparedModule>> ModulePreparer::prepare(
    const AppVersion& version, std::span<const std::uint8_t> bytes, std::string_view sourceMap,
    const SpareSource* spares) const {
  const VersionFacts& facts = version.facts();
  PrepareRequest request;
  request.bytes = bytes;
  request.sourceMap = sourceMap;
  request.digest = facts.moduleDigest;
  request.settings = settingsOf(facts, openFilesOf(facts.tenant));
  request.limits = facts.config.limits;
  request.reuse = facts.config.reuse;
  request.snapshot = facts.config.snapshot;
  request.maxModule = kLargestModule;
  request.spares = spares;
  auto prepared = prepareModule(engine_, watchdog_, compilation_.compiler(), std::move(request));
  if (prepared.has_error()) return Error{prepared.error().text()};
  const PreparedModule& module = **prepared;
  spdlog::info("prepared {}/{} ({}, {}): {} in {:.1f} ms, initialised in {:.1f} ms{}{}",
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
