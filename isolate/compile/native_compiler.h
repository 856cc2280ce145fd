#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "config/result.h"

namespace skiff {

/// Machine code of one module, as the engine serialised it: for this version of it, these flags and
/// this processor only.
struct NativeCode {
  std::unique_ptr<std::uint8_t[]> data;
  std::size_t size = 0;
  bool stored = false;  ///< compiled before, not for this call

  std::span<const std::uint8_t> bytes() const { return {data.get(), size}; }
};

/// Why there is no machine code.
struct CompileError {
  enum class Kind : std::uint8_t {
    invalid,  ///< it is no valid module; `what` is the engine's word on it
    memory,   ///< the limit on memory struck
    limit,    ///< another limit on compiling struck
    failed,   ///< not the module's doing, as far as one can tell
    stopped,  ///< stop() was called
  };
  Kind kind;
  std::string what;
  std::string advice = {};  ///< empty if there is none
};

/// Makes machine code from modules, elsewhere than in the memory of this process.
class NativeCompiler {
 public:
  virtual ~NativeCompiler() = default;
  /// Any thread; waits until it is done.
  virtual Result<NativeCode, CompileError> compile(std::span<const std::uint8_t> module) = 0;
  /// What was stored for it is of no use: compile() is to make it anew. Any thread.
  virtual void forget(std::span<const std::uint8_t>) {}
  /// Whether noteValid() was called for the module with this digest, now or in an earlier process
  /// with the same engine. Any thread.
  virtual bool isKnownValid(std::string_view) const { return false; }
  /// The engine has found it valid as its author made it.
  virtual void noteValid(std::string_view) {}
};

}  // namespace skiff
