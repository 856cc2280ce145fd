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
  if (code.has_value()) store(key, code->bytes());
  return code;
}

void CachingCompiler::store(const std::string& key, std::span<const std::uint8_t> bytes) {
  const auto stored = cache_.store(key, bytes);
  if (stored.has_error() && !complained_.exchange(true)) {
    spdlog::warn("machine code is not kept, so the next start compiles anew: {}",
                 stored.error().message);
  }
}

std::string CachingCompiler::validityKeyOf(std::string_view digest) const {
  // No module begins like this.
  const std::string text = "valid " + std::string(digest);
  return cache_.keyOf({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

bool CachingCompiler::isKnownValid(std::string_view digest) const {
  return cache_.find(validityKeyOf(digest)).has_value();
}

void CachingCompiler::noteValid(std::string_view digest) {
  store(validityKeyOf(digest), {});
}

void CachingCompiler::forget(std::span<const std::uint8_t> module) {
  cache_.remove(cache_.keyOf(module));
}

}  // namespace skiff
