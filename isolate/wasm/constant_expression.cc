#include "isolate/wasm/constant_expression.h"

#include "isolate/wasm/binary.h"
#include "isolate/wasm/error_text.h"
#include "isolate/wasm/types.h"

namespace skiff::wasm {

namespace {

void checkIndex(Reader& reader, std::string_view what, std::size_t size) {
  const std::size_t start = reader.offset();
  const std::uint32_t index = reader.readU32(what);
  if (reader.ok() && index >= size) {
    reader.failAt(
        start, concat("a constant expression names ", what, " ", index, ", but there are ", size));
  }
}

void refuse(Reader& reader, std::size_t start, std::uint64_t opcode) {
  reader.failAt(start,
                concat("instruction ", hex(opcode), " is not allowed in a constant expression"));
}

/// The instructions of GC that are constant (3.4.16): they make structs, arrays and i31 references.
void skipGcInstruction(Reader& reader, std::size_t start, const IndexSpaces& spaces) {
  constexpr std::uint32_t kStructNew = 0, kStructNewDefault = 1, kArrayNew = 6,
                          kArrayNewDefault = 7, kArrayNewFixed = 8, kAnyConvertExtern = 26,
                          kExternConvertAny = 27, kRefI31 = 28;
  switch (const std::uint32_t opcode = reader.readU32("an instruction")) {
    case kStructNew:
    case kStructNewDefault:
    case kArrayNew:
    case kArrayNewDefault:
      checkIndex(reader, "type", spaces.types);
      break;
    case kArrayNewFixed:
      checkIndex(reader, "type", spaces.types);
      reader.readU32("a length");
      break;
    case kAnyConvertExtern:
    case kExternConvertAny:
    case kRefI31:
      break;
    default:
      refuse(reader, start, std::uint64_t{kGcPrefix} << 8 | opcode);
  }
}

}  // namespace

void skipConstantExpression(Reader& reader, const IndexSpaces& spaces) {
  while (reader.ok()) {
    const std::size_t start = reader.offset();
    switch (const std::uint8_t opcode = reader.readByte("a constant expression")) {
      case kEnd:
        return;
      case kI32Const:
        reader.readS32("a constant");
        break;
      case kI64Const:
        reader.readS64("a constant");
        break;
      case kF32Const:
        reader.skip(4, "a constant");
        break;
      case kF64Const:
        reader.skip(8, "a constant");
        break;
      case kGlobalGet:
        checkIndex(reader, "global", spaces.globals);
        break;
      case kRefNull:
        readHeapType(reader);
        break;
      case kRefFunc:
        checkIndex(reader, "function", spaces.functions);
        break;
      case kGcPrefix:
        skipGcInstruction(reader, start, spaces);
        break;
      case kSimdPrefix:
        if (const std::uint32_t simd = reader.readU32("an instruction"); simd == kV128Const) {
          reader.skip(16, "a constant");
        } else {
          refuse(reader, start, std::uint64_t{kSimdPrefix} << 8 | simd);
        }
        break;
      default:
        // Addition, subtraction and multiplication of integers have no immediates.
        if (!(opcode >= kI32Add && opcode <= kI32Mul) &&
            !(opcode >= kI64Add && opcode <= kI64Mul)) {
          refuse(reader, start, opcode);
        }
    }
  }
}

}  // namespace skiff::wasm
