#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
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
  std::string name = {};      ///< Compiler::nameOf(bytes)
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
  virtual std::string nameOf(std::span<const std::uint8_t>) const { return {}; }
  virtual std::optional<KeptBytes> recall(std::string_view /*key*/) const { return std::nullopt; }
  virtual void remember(std::string_view /*key*/, std::span<const std::uint8_t>) {}
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
  std::string nameOf(std::span<const std::uint8_t> module) const override {
    return native_.nameOf(module);
  }
  std::optional<KeptBytes> recall(std::string_view key) const override {
    return native_.recall(key);
  }
  void remember(std::string_view key, std::span<const std::uint8_t> bytes) override {
    native_.remember(key, bytes);
  }

 private:
  Engine& engine_;
  NativeCompiler& native_;
};

}  // namespace skiff
