#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "deploy/code_cache.h"
#include "isolate/compile/compile_pool.h"
#include "isolate/compiler.h"
#include "server/caching_compiler.h"

namespace skiff {

class Engine;

/// How the daemon compiles modules: in child processes, as many at a time as it may use processors
/// (8 at most); it restores only what they made, now or, where there is a cache, before. Any
/// thread.
class ModuleCompilation {
 public:
  static constexpr std::size_t kMostChildren = 8;

  /// The program that processes which compile run, and its arguments, for a CompileSpawner or a
  /// Starter.
  static std::vector<std::string> command();

  /// `dataDirectory`: machine code is kept in its folder "code"; nothing: it is not kept. REQUIRES:
  /// the engine outlives this.
  ModuleCompilation(Engine& engine, std::shared_ptr<CompileStarter> starter,
                    const std::optional<std::filesystem::path>& dataDirectory);

  Compiler& compiler() { return compiler_; }
  /// How many modules are compiled at a time.
  std::size_t width() const { return width_; }
  /// Something is served: what is compiled from now on gives way to it.
  void giveWay() { pool_.giveWay(); }
  /// Nothing is to be compiled for now: ends children, and notes what was used of the cache.
  void rest() {
    pool_.dismissIdle();
    if (cache_) cache_->noteUses();
  }
  /// Ends what is being compiled, with an error, and whatever would be from now on.
  void stop() { pool_.stop(); }

 private:
  NativeCompiler& cacheIn(const std::optional<std::filesystem::path>& dataDirectory);

  const std::size_t width_;
  CompilePool pool_;
  std::optional<CodeCache> cache_;
  std::optional<CachingCompiler> caching_;
  RestoringCompiler compiler_;
};

}  // namespace skiff
