#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/byte_size.h"
#include "config/result.h"

namespace skiff::wasm {

/// Why a module is refused: what, where in it, and what its author can do.
struct ModuleError {
  std::string what;
  std::optional<std::size_t> offset;  ///< in the module's bytes
  std::string section;                ///< "import section"; empty if it concerns none
  std::string advice;                 ///< empty if there is none
  bool isTransient = false;           ///< not the module's fault: it may be taken later

  std::string text() const;  ///< "what (import section, offset 0x1f): advice"
};

template <class T>
using ModuleResult = Result<T, ModuleError>;

/// Value types by their binary code (WebAssembly 3.0, 5.3): 0x7f i32, 0x7e i64, 0x7d f32, 0x7c f64,
/// 0x7b v128; everything else is a reference.
enum class ValueType : std::uint8_t { i32, i64, f32, f64, v128, reference };

enum class ExternalKind : std::uint8_t { function = 0, table = 1, memory = 2, global = 3, tag = 4 };

/// A type index's meaning; `isFunction` is false for struct and array types.
struct Type {
  bool isFunction = true;
  /// Final, without supertypes and in no group with others: the same type as in other modules. Only
  /// such a type can be that of an import which another module exports.
  bool isPlain = true;
  std::vector<ValueType> parameters;
  std::vector<ValueType> results;
};

struct Limits {
  std::uint64_t minimum = 0;
  std::optional<std::uint64_t> maximum;
  bool shared = false;
  bool is64 = false;
};

struct Table : Limits {
  std::span<const std::uint8_t> elementType;  ///< a reference type, as it lies in the bytes
};

/// A data or element segment, as instructions find it.
struct Segment {
  /// Bytes or elements that an instruction can take from it: those of active and declarative
  /// segments are gone once a module is instantiated.
  std::uint32_t size = 0;
};

struct Import {
  std::string_view module;  ///< into the module's bytes, valid UTF-8
  std::string_view name;
  ExternalKind kind;
  std::uint32_t typeIndex = 0;  ///< of a function
  std::size_t offset = 0;       ///< of the entry, for errors
};

struct Export {
  std::string_view name;
  ExternalKind kind;
  std::uint32_t index = 0;
  std::size_t offset = 0;
};

struct Global {
  ValueType type;
  bool isMutable = false;
  /// Of an i32 that is initialised by a constant.
  std::optional<std::int32_t> constant{};
};

/// A section as it lies in the bytes.
struct Section {
  std::uint8_t id;
  std::size_t headerOffset;  ///< of the id byte
  std::size_t bodyOffset;
  std::size_t bodySize;
};

/// What preparation needs to know of a core WebAssembly module. Views point into the parsed bytes.
/// Index spaces hold imports first, as the binary format has it.
struct Module {
  std::vector<Section> sections;
  std::vector<Type> types;
  std::vector<Import> imports;
  std::vector<std::uint32_t> functionTypes;  ///< type index of every function, imports included
  std::uint32_t importedFunctions = 0;
  std::vector<Table> tables;
  std::uint32_t importedTables = 0;
  std::vector<Limits> memories;
  std::uint32_t importedMemories = 0;
  std::vector<Global> globals;
  std::uint32_t importedGlobals = 0;
  std::vector<Export> exports;
  std::optional<std::uint32_t> startFunction;
  std::vector<Segment> elementSegments;
  std::vector<Segment> dataSegments;
  // What the engine works through for each instance.
  std::size_t elements = 0;         ///< in all element segments
  std::size_t expressionBytes = 0;  ///< of all constant expressions
  std::uint32_t tags = 0;           ///< imports included
  std::size_t codeSize = 0;
  /// Set if an instance cannot be brought back by memory and globals alone: it mutates a table,
  /// drops segments, has mutable globals of reference type, or uses GC types or instructions that
  /// the scanner does not know. One sentence.
  std::optional<std::string> notResettable;

  const Export* findExport(std::string_view name, ExternalKind kind) const;
  /// The type of function `index`. REQUIRES: index < functionTypes.size().
  const Type& typeOfFunction(std::uint32_t index) const;
};

/// Parses a module. Total: any bytes give a Module or an error, in time linear in their number,
/// with memory bounded by them. Refused here: what is not core WebAssembly version 1 (a component
/// is named as such), more than `maxSize`, malformed sections, indices out of range, names that are
/// not UTF-8, duplicate exports. Instruction bodies are scanned for what matters to resetting;
/// their validation is V8's.
ModuleResult<Module> parseModule(std::span<const std::uint8_t> bytes, ByteSize maxSize);

}  // namespace skiff::wasm
