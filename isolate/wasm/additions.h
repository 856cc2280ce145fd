#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "isolate/wasm/module.h"
#include "isolate/wasm/writer.h"

namespace skiff::wasm {

/// What is appended to a module's sections: types, functions, globals and exports. Nothing of the
/// module is renumbered, since indices begin behind what is there.
class Additions {
 public:
  /// How many of each the module has, imports included.
  struct Base {
    std::uint32_t types = 0;
    std::uint32_t functions = 0;
    std::uint32_t globals = 0;
  };
  explicit Additions(Base base) : base_(base) {}

  /// The index of a function type; the same for the same signature.
  std::uint32_t addType(const std::vector<ValueType>& parameters,
                        const std::vector<ValueType>& results);
  /// The same for a type as a type section writes it, so that it may have references.
  std::uint32_t addEncodedType(std::span<const std::uint8_t> type);
  /// `body` is locals and instructions with the last `end`. The function's index.
  std::uint32_t addFunction(std::uint32_t type, const Writer& body);
  /// A mutable global of numeric or v128 type, zero. Its index.
  std::uint32_t addGlobal(ValueType type);
  /// A mutable global that refers to a function of that type, null. Its index.
  std::uint32_t addFunctionReference(std::uint32_t type);
  void exportGlobal(std::string_view name, std::uint32_t global) {
    addExport(name, ExternalKind::global, global);
  }
  void exportFunction(std::string_view name, std::uint32_t function) {
    addExport(name, ExternalKind::function, function);
  }

  /// Whether there is anything for this section.
  bool has(std::uint8_t sectionId) const;
  /// Where the module's own entries are in a section that was written with additions.
  struct Placed {
    std::size_t offset = 0;    ///< in what was written to
    std::size_t oldStart = 0;  ///< in the module's section body
    std::size_t size = 0;
  };
  /// Writes a section with the module's entries and what is added. `body` is the section's in the
  /// module, empty if it has none.
  Placed writeSection(Writer& to, std::uint8_t sectionId, std::span<const std::uint8_t> body) const;

 private:
  struct Entries {
    std::uint32_t count = 0;
    Writer bytes;
  };
  void addExport(std::string_view name, ExternalKind kind, std::uint32_t index);
  const Entries* find(std::uint8_t sectionId) const;

  Base base_;
  std::map<std::vector<std::uint8_t>, std::uint32_t> addedTypes_;
  Entries types_;
  Entries functions_;
  Entries globals_;
  Entries exports_;
  Entries code_;
};

/// The binary code of a numeric or v128 type. REQUIRES: type != ValueType::reference.
std::uint8_t valueTypeCode(ValueType type);

}  // namespace skiff::wasm
