#pragma once

#include "isolate/compile/compile_pool.h"
#include "isolate/compiler.h"

namespace skiff {

class Engine;

/// How the daemon compiles modules: in child processes, as many at a time as it may use processors
/// (8 at most); it restores only what they made. Any thread.
class ModuleCompilation {
 public:
  static constexpr std::size_t kMostChildren = 8;

  /// REQUIRES: the engine outlives this.
  explicit ModuleCompilation(Engine& engine);

  Compiler& compiler() { return compiler_; }
  /// How many modules are compiled at a time.
  std::size_t width() const { return width_; }
  /// Something is served: what is compiled from now on gives way to it.
  void giveWay() { pool_.giveWay(); }
  /// Nothing is to be compiled for now: ends children.
  void rest() { pool_.dismissIdle(); }
  /// Ends what is being compiled, with an error, and whatever would be from now on.
  void stop() { pool_.stop(); }

 private:
  const std::size_t width_;
  CompilePool pool_;
  RestoringCompiler compiler_;
};

}  // namespace skiff
