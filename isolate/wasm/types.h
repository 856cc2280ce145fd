#pragma once

#include <optional>
#include <vector>

#include "isolate/wasm/module.h"
#include "isolate/wasm/reader.h"

/// Types as the binary format writes them (WebAssembly 3.0, 5.3). All fail through the reader.
namespace skiff::wasm {

ValueType readValueType(Reader& reader);
/// A value type that is a reference.
void readReferenceType(Reader& reader);
/// Behind 0x63, 0x64 and in ref.null: a type index or an abstract type.
void readHeapType(Reader& reader);

/// What has limits: their bounds differ.
enum class LimitsOf : std::uint8_t { memory, table };
Limits readLimits(Reader& reader, LimitsOf what);

/// A global's type and mutability.
Global readGlobalType(Reader& reader);

/// The body of a type section: appends to `types`, recursion groups flattened as indices count
/// them.
void readTypes(Reader& reader, std::vector<Type>& types);

/// Whether this byte alone is a value type, or begins one.
bool beginsValueType(std::uint8_t byte);

}  // namespace skiff::wasm
