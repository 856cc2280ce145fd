#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "isolate/code_budget.h"
#include "isolate/compile/native_compiler.h"
#include "isolate/prepared_module.h"

namespace skiff {

class Engine;
class IsolateLock;

struct ModuleToCompile {
  std::span<const std::uint8_t> bytes;
  std::size_t codeSize = 0;   ///< of its code section
  std::size_t functions = 0;  ///< that it defines
};

/// A module as the engine has it, for any isolate.
struct CompiledCode {
  std::unique_ptr<PreparedModule::Compiled> module;
  CodeBudget::Part code;  ///< what it is charged with
  bool stored = false;    ///< the machine code was there already
};

/// Brings modules into the engine. Any thread.
class Compiler {
 public:
  virtual ~Compiler() = default;
  /// REQUIRES: after an error other than `invalid`, nothing is done with the isolate any more but
  /// to dispose of it.
  virtual Result<CompiledCode, CompileError> compile(IsolateLock& lock,
                                                     const ModuleToCompile& module) = 0;
  /// As in NativeCompiler.
  virtual bool isKnownValid(std::string_view) const { return false; }
  virtual void noteValid(std::string_view) {}
};

/// Compiles in this process, without a bound on what that takes: V8 ends the process when there is
/// no memory. For a process that has nothing else to do, and for modules that one trusts.
class InProcessCompiler final : public Compiler {
 public:
  explicit InProcessCompiler(Engine& engine) : engine_(engine) {}
  Result<CompiledCode, CompileError> compile(IsolateLock& lock,
                                             const ModuleToCompile& module) override;

 private:
  Engine& engine_;
};

/// Restores machine code that `native` makes elsewhere. Never compiles: code that the engine does
/// not take is an error.
class RestoringCompiler final : public Compiler {
 public:
  /// REQUIRES: both outlive this.
  RestoringCompiler(Engine& engine, NativeCompiler& native) : engine_(engine), native_(native) {}
  Result<CompiledCode, CompileError> compile(IsolateLock& lock,
                                             const ModuleToCompile& module) override;
  bool isKnownValid(std::string_view digest) const override { return native_.isKnownValid(digest); }
  void noteValid(std::string_view digest) override { native_.noteValid(digest); }

 private:
  Engine& engine_;
  NativeCompiler& native_;
};

}  // namespace skiff
