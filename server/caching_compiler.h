#pragma once

#include <atomic>

#include "deploy/code_cache.h"
#include "isolate/compile/native_compiler.h"

namespace skiff {

/// Takes machine code from a cache; what is not there, another compiler makes, and it is stored.
/// What cannot be stored is logged once and compiled again the next time. Any thread.
class CachingCompiler final : public NativeCompiler {
 public:
  /// REQUIRES: `compiler` outlives this.
  CachingCompiler(NativeCompiler& compiler, CodeCache& cache)
      : compiler_(compiler), cache_(cache) {}

  Result<NativeCode, CompileError> compile(std::span<const std::uint8_t> module,
                                           const std::string& name) override;
  std::string nameOf(std::span<const std::uint8_t> module) const override;
  void forget(const std::string& name) override;
  std::optional<KeptBytes> recall(std::string_view key) const override;
  void remember(std::string_view key, std::span<const std::uint8_t> bytes) override;

 private:
  /// No module begins like this.
  std::string noteName(std::string_view key) const;
  void store(const std::string& key, std::span<const std::uint8_t> bytes);

  NativeCompiler& compiler_;
  CodeCache& cache_;
  std::atomic<bool> complained_{false};
};

}  // namespace skiff
