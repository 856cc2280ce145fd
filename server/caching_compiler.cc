#include "server/caching_compiler.h"

#include <spdlog/spdlog.h>

namespace skiff {

Result<NativeCode, CompileError> CachingCompiler::compile(std::span<const std::uint8_t> module,
                                                          const std::string& name) {
  if (auto found = cache_.find(name)) {
    NativeCode code;
    code.data = std::move(found->data);
    code.size = found->size;
    code.stored = true;
    return code;
  }
  auto code = compiler_.compile(module, {});
  if (code.has_value()) store(name, code->bytes());
  return code;
}

std::string CachingCompiler::nameOf(std::span<const std::uint8_t> module) const {
  return cache_.keyOf(module);
}

void CachingCompiler::forget(const std::string& name) {
  cache_.remove(name);
}

std::string CachingCompiler::noteName(std::string_view key) const {
  const std::string text = "note " + std::string(key);
  return cache_.keyOf({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

std::optional<KeptBytes> CachingCompiler::recall(std::string_view key) const {
  auto found = cache_.find(noteName(key));
  if (!found) return std::nullopt;
  return KeptBytes{std::move(found->data), found->size};
}

void CachingCompiler::remember(std::string_view key, std::span<const std::uint8_t> bytes) {
  store(noteName(key), bytes);
}

void CachingCompiler::store(const std::string& key, std::span<const std::uint8_t> bytes) {
  const auto stored = cache_.store(key, bytes);
  if (stored.has_error() && !complained_.exchange(true)) {
    spdlog::warn("machine code is not kept, so the next start compiles anew: {}",
                 stored.error().message);
  }
}

}  // namespace skiff
