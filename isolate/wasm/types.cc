#include "isolate/wasm/types.h"

#include "isolate/wasm/binary.h"
#include "isolate/wasm/error_text.h"

namespace skiff::wasm {

namespace {

bool isAbstractHeapCode(std::int64_t code) {
  return code >= kFirstAbstractHeapCode && code <= kLastAbstractHeapCode;
}

std::vector<ValueType> readValueTypes(Reader& reader, std::string_view what) {
  const std::uint32_t count = reader.readCount(what, 1);
  std::vector<ValueType> types;
  types.reserve(count);
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) types.push_back(readValueType(reader));
  return types;
}

void readFieldType(Reader& reader) {
  const std::uint8_t code = reader.peekByte();
  if (code == kI8Code || code == kI16Code) {
    reader.readByte("a field type");
  } else {
    readValueType(reader);
  }
  if (reader.readByte("a field's mutability") > 1) reader.fail("a field is neither var nor const");
}

/// comptype: what a type is, without its place among subtypes.
Type readCompositeType(Reader& reader) {
  Type type;
  const std::size_t start = reader.offset();
  switch (const std::uint8_t code = reader.readByte("a type")) {
    case kFunctionCode:
      type.parameters = readValueTypes(reader, "the number of parameters");
      type.results = readValueTypes(reader, "the number of results");
      break;
    case kStructCode: {
      type.isFunction = false;
      const std::uint32_t fields = reader.readCount("the number of fields", 2);
      for (std::uint32_t i = 0; i < fields && reader.ok(); ++i) readFieldType(reader);
      break;
    }
    case kArrayCode:
      type.isFunction = false;
      readFieldType(reader);
      break;
    default:
      reader.failAt(start, concat("there is no kind of type ", hex(code)));
  }
  return type;
}

Type readSubType(Reader& reader) {
  const std::uint8_t code = reader.peekByte();
  bool isPlain = true;
  if (code == kSubCode || code == kSubFinalCode) {
    reader.readByte("a subtype");
    const std::uint32_t supertypes = reader.readCount("the number of supertypes", 1);
    for (std::uint32_t i = 0; i < supertypes && reader.ok(); ++i) reader.readU32("a supertype");
    isPlain = code == kSubFinalCode && supertypes == 0;
  }
  Type type = readCompositeType(reader);
  type.isPlain = isPlain;
  return type;
}

std::uint64_t readBound(Reader& reader, bool is64, std::string_view what) {
  return is64 ? reader.readU64(what) : reader.readU32(what);
}

}  // namespace

bool beginsValueType(std::uint8_t byte) {
  return (byte >= kV128Code && byte <= kI32Code) || isAbstractHeapCode(byte) ||
         byte == kReferenceCode || byte == kNullableReferenceCode;
}

void readHeapType(Reader& reader) {
  const std::size_t start = reader.offset();
  const std::int64_t type = reader.readS33("a heap type");
  // Abstract types are small negative numbers, so that one byte of them reads as their code.
  if (type < 0 && !(type >= -64 && isAbstractHeapCode(type & 0x7f))) {
    reader.failAt(start, "there is no such heap type");
  }
}

ValueType readValueType(Reader& reader) {
  const std::size_t start = reader.offset();
  const std::uint8_t code = reader.readByte("a value type");
  switch (code) {
    case kI32Code:
      return ValueType::i32;
    case kI64Code:
      return ValueType::i64;
    case kF32Code:
      return ValueType::f32;
    case kF64Code:
      return ValueType::f64;
    case kV128Code:
      return ValueType::v128;
    case kReferenceCode:
    case kNullableReferenceCode:
      readHeapType(reader);
      return ValueType::reference;
    default:
      break;
  }
  if (!isAbstractHeapCode(code)) {
    reader.failAt(start, concat("there is no value type ", hex(code)));
  }
  return ValueType::reference;
}

void readReferenceType(Reader& reader) {
  const std::size_t start = reader.offset();
  if (readValueType(reader) != ValueType::reference) {
    reader.failAt(start, "a reference type was expected");
  }
}

Limits readLimits(Reader& reader, LimitsOf what) {
  constexpr std::uint8_t kHasMaximum = 1, kShared = 2, kIs64 = 4, kCustomPageSize = 8;
  const std::string_view name = what == LimitsOf::memory ? "memory" : "table";
  const std::size_t start = reader.offset();
  const std::uint8_t flags = reader.readByte("the flags of limits");
  Limits limits;
  if (what == LimitsOf::memory && (flags & kCustomPageSize) != 0) {
    reader.failAt(start, "the memory has a page size of its own",
                  "build without custom page sizes");
    return limits;
  }
  if (flags > (kHasMaximum | kShared | kIs64) ||
      (what == LimitsOf::table && (flags & kShared) != 0)) {
    reader.failAt(start, concat("a ", name, " has the unknown flags ", hex(flags)));
    return limits;
  }
  limits.shared = (flags & kShared) != 0;
  limits.is64 = (flags & kIs64) != 0;
  limits.minimum = readBound(reader, limits.is64, "a minimum");
  if ((flags & kHasMaximum) != 0) limits.maximum = readBound(reader, limits.is64, "a maximum");
  if (!reader.ok()) return limits;
  if (limits.maximum && *limits.maximum < limits.minimum) {
    reader.failAt(start, concat("a ", name, " has a minimum of ", limits.minimum,
                                ", above its maximum of ", *limits.maximum));
  } else if (what == LimitsOf::memory && !limits.is64 &&
             std::max(limits.minimum, limits.maximum.value_or(0)) > kMaxPages32) {
    reader.failAt(start, concat("a memory of more than ", kMaxPages32,
                                " pages (4 GiB) cannot be addressed with 32 bits"));
  }
  return limits;
}

Global readGlobalType(Reader& reader) {
  Global global{};
  global.type = readValueType(reader);
  const std::size_t start = reader.offset();
  const std::uint8_t mutability = reader.readByte("a global's mutability");
  if (mutability > 1) reader.failAt(start, "a global is neither var nor const");
  global.isMutable = mutability == 1;
  return global;
}

void readTypes(Reader& reader, std::vector<Type>& types) {
  const std::uint32_t groups = reader.readCount("the number of types", 2);
  for (std::uint32_t i = 0; i < groups && reader.ok(); ++i) {
    std::uint32_t members = 1;
    if (reader.peekByte() == kGroupCode) {
      reader.readByte("a recursion group");
      members = reader.readCount("the number of types in a group", 2);
    }
    for (std::uint32_t k = 0; k < members && reader.ok(); ++k) {
      if (types.size() == kMaxEntries) {
        reader.fail(concat("there are more than ", kMaxEntries, " types"));
        break;
      }
      types.push_back(readSubType(reader));
      if (members > 1) types.back().isPlain = false;
    }
  }
}

}  // namespace skiff::wasm
