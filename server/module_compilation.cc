#include "server/module_compilation.h"

#include <algorithm>

#include "isolate/engine.h"
#include "quota/thread_priority.h"

namespace skiff {

ModuleCompilation::ModuleCompilation(Engine& engine)
    : width_(std::clamp<std::size_t>(usableProcessors(), 1, kMostChildren)),
      pool_(Engine::commandOf("compile_child.node"), CompileLimits(), width_),
      compiler_(engine, pool_) {}

}  // namespace skiff
