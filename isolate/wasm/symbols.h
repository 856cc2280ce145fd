#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "config/byte_record.h"
#include "isolate/wasm/function_names.h"
#include "isolate/wasm/line_table.h"
#include "isolate/wasm/module.h"
#include "isolate/wasm/offset_map.h"

namespace skiff::wasm {

/// A place in a program as its author knows it.
struct CodePlace {
  std::uint32_t function = 0;  ///< index, imports included
  std::uint32_t offset = 0;    ///< in the author's module
  std::string_view name;       ///< of the function, whatever bytes the module has; may be empty
  SourceLine source;
};

/// What tells a module's author where in their program something happened. Made once, when the
/// module is prepared, from its name section and its DWARF or source map, so that none of them has
/// to be kept, or read while requests are served: four bytes a function, eight and the text a name,
/// twelve a source line, sixteen a place that preparation changed. Immutable; any thread.
class Symbols {
 public:
  Symbols() = default;
  /// `sourceMap` is asked where there is no DWARF; empty for none. `offsets` are those of the
  /// module's rewriting. REQUIRES: `module` is what parseModule(bytes) gave.
  Symbols(std::span<const std::uint8_t> bytes, const Module& module, OffsetMap offsets,
          std::string_view sourceMap = {});

  /// Where an instruction of the rewritten module comes from; nothing if preparation put it there.
  std::optional<CodePlace> find(std::uint32_t rewritten) const;
  std::size_t bytes() const;

  void write(RecordWriter& to) const;
  static Symbols read(RecordReader& from);

 private:
  void readBodies(std::span<const std::uint8_t> bytes, const Section& code);

  OffsetMap offsets_;
  std::uint32_t importedFunctions_ = 0;
  std::uint32_t codeStart_ = 0;        ///< of the code section's body
  std::vector<std::uint32_t> bodies_;  ///< where each function begins, in the original
  FunctionNames names_;
  LineTable lines_;
};

}  // namespace skiff::wasm
