#include "isolate/wasm/table_entry.h"

#include "isolate/wasm/types.h"

namespace skiff::wasm {

TableEntry readTableEntry(Reader& reader, const IndexSpaces& spaces) {
  constexpr std::uint8_t kWithInitialValue = 0x40;
  const bool hasInitialValue = reader.peekByte() == kWithInitialValue;
  if (hasInitialValue) {
    reader.readByte("a table");
    if (reader.readByte("a zero byte") != 0) reader.fail("a zero byte was expected");
  }
  TableEntry entry;
  entry.typeBegin = reader.offset();
  readReferenceType(reader);
  entry.limitsBegin = reader.offset();
  entry.limits = readLimits(reader, LimitsOf::table);
  entry.limitsEnd = reader.offset();
  if (hasInitialValue) skipConstantExpression(reader, spaces);
  return entry;
}

}  // namespace skiff::wasm
