#include "server/caching_compiler.h"

#include <spdlog/spdlog.h>

namespace skiff {

Result<NativeCode, CompileError> CachingCompiler::compile(std::span<const std::uint8_t> module) {
  const std::string key = cache_.keyOf(module);
  if (auto found = cache_.find(key)) {
    NativeCode code;
    code.data = std::move(found->data);
    code.size = found->size;
    code.stored = true;
    return code;
  }
  auto code = compiler_.compile(module);
  if (code.has_error()) return code;
  const auto stored = cache_.store(key, code->bytes());
  if (stored.has_error() && !complained_.exchange(true)) {
    spdlog::warn("machine code is not kept, so the next start compiles anew: {}",
                 stored.error().message);
  }
  return code;
}

void CachingCompiler::forget(std::span<const std::uint8_t> module) {
  cache_.remove(cache_.keyOf(module));
}

}  // namespace skiff
