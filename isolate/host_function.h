#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace skiff {

class HostContext;

/// How a host function ended.
class HostResult {
 public:
  enum class Kind : std::uint8_t { value, wait, stop };

  /// A function without result.
  static constexpr HostResult done() { return {Kind::value, 0}; }
  /// An i32 or i64 result. An i64 result must be below 2^53 (it travels as a double).
  static constexpr HostResult value(std::int64_t value) { return {Kind::value, value}; }
  /// The call cannot go on before something happens: the guest is suspended, and the same function
  /// is called again with the same arguments each time that something may have happened. What it
  /// waits for was said to the Exchange (waitFor). Only for functions marked `mayWait`.
  static constexpr HostResult wait() { return {Kind::wait, 0}; }
  /// The guest is to end: HostContext::trap() or exit() has been called. Uncatchable by the guest.
  static constexpr HostResult stop() { return {Kind::stop, 0}; }

  constexpr Kind kind() const { return kind_; }
  constexpr std::int64_t get() const { return value_; }

 private:
  constexpr HostResult(Kind kind, std::int64_t value) : kind_(kind), value_(value) {}
  Kind kind_;
  std::int64_t value_;
};

/// A function that guests may import, described without V8. `parameters` and `result` use one
/// letter a value: 'i' for i32, 'I' for i64 (parameters only as a pair of slots, low word first);
/// `result` is 'i', 'I' or 0 for none.
struct HostFunction {
  /// Largest number of 32-bit slots that a function's parameters take.
  static constexpr std::size_t kMaxSlots = 16;

  std::string_view name;
  std::string_view parameters;
  char result;
  bool mayWait;
  HostResult (*call)(HostContext& context, const std::uint32_t* slots);
};

/// An i64 parameter from its two slots.
inline std::uint64_t slot64(const std::uint32_t* slots) {
  return std::uint64_t{slots[0]} | std::uint64_t{slots[1]} << 32;
}

/// An import namespace: the module name that guests import from, and its functions.
struct HostModule {
  std::string_view name;  ///< "wasi_snapshot_preview1"
  std::span<const HostFunction> functions;
};

}  // namespace skiff
