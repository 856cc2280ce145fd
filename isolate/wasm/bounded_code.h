#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "isolate/wasm/additions.h"
#include "isolate/wasm/bulk_helper.h"
#include "isolate/wasm/instruction_scanner.h"
#include "isolate/wasm/module.h"
#include "isolate/wasm/offset_map.h"
#include "isolate/wasm/reader.h"

namespace skiff::wasm {

/// The entries of a code section, rewritten.
struct BoundedEntries {
  std::vector<std::uint8_t> bytes;
  OffsetMap offsets;  ///< from offsets in `bytes` to offsets in the module
};

/// Rewrites function bodies so that none runs for long without V8 looking for a termination, which
/// it does at function entries and loop heads only (docs/architecture.md, "Limits on time"):
///  - a bulk instruction becomes a call of a helper that is appended (bulk_helper.h), one for each
///    pair of a memory, table or segment with another;
///  - one that is slow, or a bulk instruction that cannot move much, gets an empty loop in front;
///  - memory.grow becomes a call of a helper that asks the host first (growth_helper.h);
///  - memory.fill, memory.copy and memory.init stay if they are short by a constant in front of
///    them, or by their segment.
/// A call takes the place of its instruction byte for byte where its function's number is short
/// enough, so that in most modules no offset changes.
class BoundedCode {
 public:
  /// `tableMaxima`: how many elements each table can come to have. Helpers go to `additions`. All
  /// must outlive this object.
  BoundedCode(std::span<const std::uint8_t> bytes, const Module& module,
              std::span<const std::uint64_t> tableMaxima, Additions& additions)
      : bytes_(bytes), module_(module), tableMaxima_(tableMaxima), additions_(additions) {}

  /// Nothing if the section stays as it is. Fails on instructions that skiff does not know.
  /// REQUIRES: it is called once.
  ModuleResult<std::optional<BoundedEntries>> rewrite(const Section& code);
  /// The global through which memory asks to grow, if it ever grows.
  std::optional<std::uint32_t> growthGlobal() const { return mayGrow_; }

 private:
  /// An instruction that is replaced by a call or gets a check in front.
  struct Change {
    std::uint32_t offset;  ///< of the instruction
    std::uint32_t size;    ///< of what is replaced; 0 for a check
    std::uint32_t helper;
  };
  std::optional<ModuleError> findChanges(std::size_t begin, std::size_t end,
                                         std::uint32_t function);
  /// Nothing if an index is out of range: V8 says so.
  std::optional<BulkInstruction> describeBulk(const Instruction& instruction) const;
  std::uint32_t growthHelper(std::uint32_t memory);
  std::uint64_t most(const BulkInstruction& bulk) const;
  std::uint32_t helperOf(const BulkInstruction& bulk);
  void applyChanges(std::size_t header, std::size_t begin, std::size_t end);
  std::optional<Change> changeOf(const Instruction& instruction, const Instruction& before,
                                 std::uint32_t offset, std::uint32_t size);
  void copyUpTo(std::size_t offset);
  /// What comes next in the output is not the module's.
  void markAdded() { offsets_.addNone(static_cast<std::uint32_t>(output_.size())); }

  std::span<const std::uint8_t> bytes_;
  const Module& module_;
  std::span<const std::uint64_t> tableMaxima_;
  Additions& additions_;
  std::map<std::array<std::uint32_t, 3>, std::uint32_t> helpers_;  ///< by opcode and immediates
  std::optional<std::uint32_t> mayGrow_;                           ///< the helper's global
  std::size_t changeCount_ = 0;                                    ///< in all bodies
  std::vector<Change> changes_;                                    ///< in the body at hand
  std::size_t copied_ = 0;  ///< up to here the module's bytes are in the output
  Writer output_;
  OffsetMap offsets_;
};

}  // namespace skiff::wasm
