#pragma once

#include <memory>

#include "isolate/compile/compile_starter.h"
#include "sandbox/starter.h"

namespace skiff {

/// The processes that compile, started by a starter.
class StartedCompilers final : public CompileStarter {
 public:
  explicit StartedCompilers(std::shared_ptr<Starter> starter) : starter_(std::move(starter)) {}

  Result<pid_t> start(int socket) override { return starter_->startCompiler(socket); }
  void end(pid_t process) override { starter_->end(process); }

 private:
  const std::shared_ptr<Starter> starter_;
};

}  // namespace skiff
