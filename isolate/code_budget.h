#pragma once

#include <cstdint>
#include <utility>

#include "quota/memory_account.h"

namespace skiff {

/// The code of all loaded versions together. V8 ends the process when what it made of it exceeds
/// 4 GiB (--wasm-max-committed-code-mb); unoptimised and optimised machine code of a function
/// together take up to 16 times its WebAssembly. So a version that might bring it there is refused.
/// Any thread.
class CodeBudget {
 public:
  static constexpr std::uint64_t kLimit = std::uint64_t{256} << 20;  ///< bytes of WebAssembly

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
  MemoryAccount held_;
};

}  // namespace skiff
