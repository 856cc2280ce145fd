#pragma once

#include <cstdint>
#include <utility>

#include "quota/memory_account.h"

namespace skiff {

/// The machine code of all loaded versions together. V8 ends the process when it exceeds 4 GiB
/// (--wasm-max-committed-code-mb), so a version that might bring it there is refused. Any thread.
class CodeBudget {
 public:
  /// Leaves a fourth for what is not counted: the host's shims, wrappers of imports and exports.
  static constexpr std::uint64_t kLimit = std::uint64_t{3} << 30;

  /// What a version is charged with whose machine code is there, serialised: that holds more than
  /// the code itself, so it covers what V8 rounds up; jump tables come to it.
  static constexpr std::uint64_t chargeOf(std::uint64_t serialised, std::uint64_t functions) {
    return serialised + functions * kPerFunction + kPerModule;
  }
  /// What a version is charged with that is compiled in this process: up to 27 bytes of
  /// machine code come from a byte of WebAssembly (i8x16.popcnt), beside unoptimised code.
  static constexpr std::uint64_t chargeBeforeCompiling(std::uint64_t code,
                                                       std::uint64_t functions) {
    return chargeOf(code * 32, functions);
  }

  /// A version's part; gives it back when it goes.
  class Part {
   public:
    Part() = default;
    Part(Part&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_) {}
    Part& operator=(Part&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Part() {
      if (budget_) budget_->held_.giveBack(bytes_);
    }

    explicit operator bool() const { return budget_ != nullptr; }

   private:
    friend class CodeBudget;
    Part(CodeBudget* budget, std::uint64_t bytes) : budget_(budget), bytes_(bytes) {}
    CodeBudget* budget_ = nullptr;
    std::uint64_t bytes_ = 0;
  };

  /// False if there is no room. REQUIRES: the budget outlives the part.
  Part tryTake(std::uint64_t bytes) {
    return held_.tryTake(bytes, kLimit) ? Part(this, bytes) : Part();
  }
  std::uint64_t held() const { return held_.held(); }

 private:
  static constexpr std::uint64_t kPerFunction = 32;
  static constexpr std::uint64_t kPerModule = std::uint64_t{64} << 10;
  MemoryAccount held_;
};

}  // namespace skiff
