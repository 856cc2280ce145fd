#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/build_id.h"
#include "config/result.h"
#include "isolate/files/open_file_budget.h"
#include "isolate/module_plan.h"
#include "isolate/prepared_module.h"
#include "sandbox/path_rules.h"
#include "server/app_version.h"

namespace skiff {

class Engine;
class ModuleCompilation;
class Watchdog;

/// The largest module that is taken.
inline constexpr ByteSize kLargestModule = 64_MiB;

/// Why a version's module is not to be had.
struct LoadError {
  std::string message;       ///< one sentence for the app's author
  bool isTransient = false;  ///< not the module's fault, nor the app's: it may be had later
};

/// Prepares the modules of versions: checks, compiles (or restores what was compiled before) and
/// initialises them on trial. Takes long: not on a shard's thread, nor the listener's. Any thread.
class ModulePreparer {
 public:
  using Prepared = Result<std::shared_ptr<const PreparedModule>, LoadError>;

  /// Without `spares`, nothing is left of trials. REQUIRES: all outlive this and every module.
  ModulePreparer(Engine& engine, Watchdog& watchdog, wasi::OpenFileBudget& openFiles,
                 ModuleCompilation& compilation, std::optional<SpareSource> spares = std::nullopt)
      : engine_(engine),
        watchdog_(watchdog),
        openFiles_(openFiles),
        compilation_(compilation),
        spares_(spares) {}

  /// From what is kept of it, or else from its file, which must have the version's moduleDigest;
  /// one at a time for each version. The version has it then, for as long as somebody holds what
  /// comes back; one that it has already is taken. What is left of the trial stays with the module.
  Prepared prepare(const AppVersion& version) const;
  /// The same with the bytes at hand.
  Prepared prepare(const AppVersion& version, std::span<const std::uint8_t> bytes,
                   std::string_view sourceMap) const;
  ModuleCompilation& compilation() const { return compilation_; }
  /// This process can open no other folders from now on: apps that show others to their guests are
  /// refused. REQUIRES: nobody prepares yet.
  void confine(std::vector<PathGrant> grants) { grants_ = std::move(grants); }
  /// Before a thread ends that has prepared something.
  void forgetThread() const;

 private:
  Prepared prepareAnew(const AppVersion& version, std::span<const std::uint8_t> bytes,
                       std::string_view sourceMap, const SpareSource* spares) const;
  Prepared prepare(const AppVersion& version, std::span<const std::uint8_t> bytes, ModulePlan plan,
                   const SpareSource* spares) const;
  std::optional<ModulePlan> recallPlan(const VersionFacts& facts) const;
  /// By all that a plan depends on, this build of skiff included.
  std::string planKeyOf(const VersionFacts& facts) const;
  /// The tenant's share of the files that guests may have open.
  wasi::OpenFileBudget& openFilesOf(const std::string& tenant) const;

  Engine& engine_;
  Watchdog& watchdog_;
  wasi::OpenFileBudget& openFiles_;
  ModuleCompilation& compilation_;
  const std::optional<SpareSource> spares_;
  const std::string buildId_ = buildId();
  std::optional<std::vector<PathGrant>> grants_;
  mutable std::mutex sharesMutex_;
  /// By tenant. One that was is kept: files of it may still be open.
  mutable std::map<std::string, wasi::OpenFileBudget> shares_;
};

}  // namespace skiff
