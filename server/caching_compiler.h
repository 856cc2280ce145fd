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

  Result<NativeCode, CompileError> compile(std::span<const std::uint8_t> module) override;
  void forget(std::span<const std::uint8_t> module) override;
  bool isKnownValid(std::string_view digest) const override;
  void noteValid(std::string_view digest) override;

 private:
  std::string validityKeyOf(std::string_view digest) const;
  void store(const std::string& key, std::span<const std::uint8_t> bytes);

  NativeCompiler& compiler_;
  CodeCache& cache_;
  std::atomic<bool> complained_{false};
};

}  // namespace skiff
