#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "config/byte_record.h"

namespace skiff::wasm {

/// Where the bytes of a rewritten module were in the original: the engine speaks of offsets in what
/// it was given, and a module's author of offsets in what they compiled.
///
/// A list of stretches, each of which begins at an offset of the rewritten module and reaches to
/// the next one; within it, rewritten and original offsets differ by a constant. Takes eight bytes
/// a stretch. Once built it is immutable: then any thread.
class OffsetMap {
 public:
  /// From `rewritten` on, the bytes are those from `original` on.
  /// REQUIRES: `rewritten` is not below that of the call before, of either kind.
  void add(std::uint32_t rewritten, std::uint32_t original) { append(rewritten, original); }
  /// From `rewritten` on, the bytes are not the original's. REQUIRES: as add().
  void addNone(std::uint32_t rewritten) { append(rewritten, kNone); }
  /// From rewritten offset `begin` on, what `other` says of offsets from 0 on.
  /// REQUIRES: `begin` is not below the offsets of the calls before.
  void add(const OffsetMap& other, std::uint32_t begin);

  /// Nothing for bytes that preparation wrote, and in front of the first stretch.
  std::optional<std::uint32_t> original(std::uint32_t rewritten) const;

  /// The same, and for bytes that preparation put in front of some of the module's: where those
  /// were. Nothing only behind the last of them, where whole functions were appended.
  std::optional<std::uint32_t> originalOrNext(std::uint32_t rewritten) const;

  std::size_t stretches() const { return stretches_.size(); }
  std::size_t bytes() const { return stretches_.capacity() * sizeof(Stretch); }
  void shrinkToFit() { stretches_.shrink_to_fit(); }

  void write(RecordWriter& to) const { to.values(std::span(stretches_)); }
  static OffsetMap read(RecordReader& from) {
    OffsetMap map;
    map.stretches_ = from.values<Stretch>();
    return map;
  }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;  ///< modules are far smaller than 4 GiB

  struct Stretch {
    std::uint32_t rewritten;
    std::uint32_t original;
  };
  void append(std::uint32_t rewritten, std::uint32_t original);

  std::vector<Stretch> stretches_;  ///< by `rewritten`, each value once
};

}  // namespace skiff::wasm
