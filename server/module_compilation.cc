#include "server/module_compilation.h"

#include <algorithm>

#include "isolate/engine.h"
#include "quota/thread_priority.h"

namespace skiff {

std::vector<std::string> ModuleCompilation::command() {
  return Engine::commandOf("compile_child.node");
}

ModuleCompilation::ModuleCompilation(Engine& engine, std::shared_ptr<CompileStarter> starter,
                                     const std::optional<std::filesystem::path>& dataDirectory)
    : width_(std::clamp<std::size_t>(usableProcessors(), 1, kMostChildren)),
      pool_(std::move(starter), CompileLimits(), width_),
      compiler_(engine, cacheIn(dataDirectory)) {}

NativeCompiler& ModuleCompilation::cacheIn(
    const std::optional<std::filesystem::path>& dataDirectory) {
  if (!dataDirectory) return pool_;
  cache_.emplace(*dataDirectory / "code", Engine::codeIdentity());
  return caching_.emplace(pool_, *cache_);
}

}  // namespace skiff
