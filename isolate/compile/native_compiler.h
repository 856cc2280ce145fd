#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/result.h"

namespace skiff {

struct KeptBytes {
  std::unique_ptr<std::uint8_t[]> data;
  std::size_t size = 0;

  std::span<const std::uint8_t> bytes() const { return {data.get(), size}; }
};

/// Machine code of one module, as the engine serialised it: for this version of it, these flags and
/// this processor only.
struct NativeCode : KeptBytes {
  bool stored = false;  ///< compiled before, not for this call
};

/// Why there is no machine code.
struct CompileError {
  enum class Kind : std::uint8_t {
    invalid,  ///< it is no valid module; `what` is the engine's word on it
    memory,   ///< the limit on memory struck
    limit,    ///< another limit on compiling struck
    failed,   ///< not the module's doing, as far as one can tell
    stopped,  ///< it was not tried to its end, after stop() for example: another time it may be
  };
  Kind kind;
  std::string what;
  std::string advice = {};  ///< empty if there is none
};

/// Makes machine code from modules, elsewhere than in the memory of this process.
class NativeCompiler {
 public:
  virtual ~NativeCompiler() = default;
  /// Any thread; waits until it is done. `name`: nameOf(module).
  virtual Result<NativeCode, CompileError> compile(std::span<const std::uint8_t> module,
                                                   const std::string& name) = 0;
  /// What the module's code is kept under; empty if it is not kept. Takes a pass over its bytes.
  virtual std::string nameOf(std::span<const std::uint8_t>) const { return {}; }
  /// What was kept is of no use: compile() is to make it anew. Any thread.
  virtual void forget(const std::string& /*name*/) {}

  /// What remember() was given under that key, now or in an earlier process with the same engine;
  /// nothing if it is not kept. Any thread.
  virtual std::optional<KeptBytes> recall(std::string_view /*key*/) const { return std::nullopt; }
  virtual void remember(std::string_view /*key*/, std::span<const std::uint8_t>) {}
};

}  // namespace skiff
