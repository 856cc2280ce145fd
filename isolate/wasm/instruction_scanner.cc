#include "isolate/wasm/instruction_scanner.h"

#include <array>

#include "isolate/wasm/binary.h"
#include "isolate/wasm/error_text.h"
#include "isolate/wasm/types.h"

namespace skiff::wasm {

namespace {

/// What follows an opcode.
enum class Immediates : std::uint8_t {
  unknown,
  none,
  index,        ///< one unsigned number: a local, label, function...
  twoIndices,   ///< call_indirect, memory.copy...
  block,        ///< a block type
  branchTable,  ///< br_table
  typeList,     ///< select with types
  access,       ///< memarg
  i32,
  i64,
  fourBytes,
  eightBytes,
  sixteenBytes,
  heapType,
  tryTable,
  lane,
  accessAndLane,
  zeroByte,
  castBranch,
};

using Table = std::array<Immediates, 256>;

constexpr void fill(Table& table, unsigned first, unsigned last, Immediates immediates) {
  for (unsigned opcode = first; opcode <= last; ++opcode) table[opcode] = immediates;
}

/// One-byte opcodes (5.4), with those of the exception handling proposal's first version, which
/// engines keep.
constexpr Table kOneByte = [] {
  Table table{};
  fill(table, 0x00, 0x01, Immediates::none);    // unreachable, nop
  fill(table, 0x02, 0x04, Immediates::block);   // block, loop, if
  table[0x05] = Immediates::none;               // else
  table[0x06] = Immediates::block;              // try
  fill(table, 0x07, 0x09, Immediates::index);   // catch, throw, rethrow
  table[0x0a] = Immediates::none;               // throw_ref
  table[0x0b] = Immediates::none;               // end
  fill(table, 0x0c, 0x0d, Immediates::index);   // br, br_if
  table[0x0e] = Immediates::branchTable;        // br_table
  table[0x0f] = Immediates::none;               // return
  table[0x10] = Immediates::index;              // call
  table[0x11] = Immediates::twoIndices;         // call_indirect
  table[0x12] = Immediates::index;              // return_call
  table[0x13] = Immediates::twoIndices;         // return_call_indirect
  fill(table, 0x14, 0x15, Immediates::index);   // call_ref, return_call_ref
  table[0x18] = Immediates::index;              // delegate
  table[0x19] = Immediates::none;               // catch_all
  fill(table, 0x1a, 0x1b, Immediates::none);    // drop, select
  table[0x1c] = Immediates::typeList;           // select with types
  table[0x1f] = Immediates::tryTable;           // try_table
  fill(table, 0x20, 0x26, Immediates::index);   // local.*, global.*, table.get, table.set
  fill(table, 0x28, 0x3e, Immediates::access);  // loads and stores
  fill(table, 0x3f, 0x40, Immediates::index);   // memory.size, memory.grow
  table[0x41] = Immediates::i32;
  table[0x42] = Immediates::i64;
  table[0x43] = Immediates::fourBytes;
  table[0x44] = Immediates::eightBytes;
  fill(table, 0x45, 0xc4, Immediates::none);   // numeric
  table[0xd0] = Immediates::heapType;          // ref.null
  table[0xd1] = Immediates::none;              // ref.is_null
  table[0xd2] = Immediates::index;             // ref.func
  fill(table, 0xd3, 0xd4, Immediates::none);   // ref.eq, ref.as_non_null
  fill(table, 0xd5, 0xd6, Immediates::index);  // br_on_null, br_on_non_null
  return table;
}();

/// Behind 0xfc: saturating conversions, bulk memory, tables.
constexpr Table kMisc = [] {
  Table table{};
  fill(table, 0x00, 0x07, Immediates::none);   // trunc_sat
  table[0x08] = Immediates::twoIndices;        // memory.init
  table[0x09] = Immediates::index;             // data.drop
  table[0x0a] = Immediates::twoIndices;        // memory.copy
  table[0x0b] = Immediates::index;             // memory.fill
  table[0x0c] = Immediates::twoIndices;        // table.init
  table[0x0d] = Immediates::index;             // elem.drop
  table[0x0e] = Immediates::twoIndices;        // table.copy
  fill(table, 0x0f, 0x11, Immediates::index);  // table.grow, table.size, table.fill
  return table;
}();

/// Behind 0xfd, up to 0xff; 0x100 to 0x113 is relaxed SIMD, without immediates.
constexpr Table kSimd = [] {
  Table table{};
  fill(table, 0x00, 0xff, Immediates::none);
  fill(table, 0x00, 0x0b, Immediates::access);        // v128 loads and store
  fill(table, 0x0c, 0x0d, Immediates::sixteenBytes);  // v128.const, i8x16.shuffle
  fill(table, 0x15, 0x22, Immediates::lane);          // extract_lane, replace_lane
  fill(table, 0x54, 0x5b, Immediates::accessAndLane);
  fill(table, 0x5c, 0x5d, Immediates::access);  // load32_zero, load64_zero
  for (const unsigned unassigned : {0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb,
                                    0xc2, 0xc5, 0xc6, 0xcf, 0xd0, 0xd2, 0xd3, 0xd4, 0xe2, 0xee}) {
    table[unassigned] = Immediates::unknown;
  }
  return table;
}();
constexpr std::uint32_t kFirstRelaxed = 0x100, kLastRelaxed = 0x113;

/// Behind 0xfe: atomics.
constexpr Table kAtomic = [] {
  Table table{};
  fill(table, 0x00, 0x02, Immediates::access);  // notify, wait32, wait64
  table[0x03] = Immediates::zeroByte;           // fence
  fill(table, 0x10, 0x4e, Immediates::access);
  return table;
}();

/// Behind 0xfb: structs, arrays and casts.
constexpr Table kGc = [] {
  Table table{};
  fill(table, 0x00, 0x01, Immediates::index);       // struct.new, struct.new_default
  fill(table, 0x02, 0x05, Immediates::twoIndices);  // struct.get*, struct.set
  fill(table, 0x06, 0x07, Immediates::index);       // array.new, array.new_default
  fill(table, 0x08, 0x0a, Immediates::twoIndices);  // array.new_fixed, _data, _elem
  fill(table, 0x0b, 0x0e, Immediates::index);       // array.get*, array.set
  table[0x0f] = Immediates::none;                   // array.len
  table[0x10] = Immediates::index;                  // array.fill
  fill(table, 0x11, 0x13, Immediates::twoIndices);  // array.copy, array.init_data, _elem
  fill(table, 0x14, 0x17, Immediates::heapType);    // ref.test, ref.cast
  fill(table, 0x18, 0x19, Immediates::castBranch);  // br_on_cast, br_on_cast_fail
  fill(table, 0x1a, 0x1e, Immediates::none);        // conversions, i31
  return table;
}();

/// blocktype: empty, a value type or a type index.
bool skipBlockType(Reader& reader) {
  const std::uint8_t first = reader.peekByte();
  if (first == kEmptyBlockCode) {
    reader.readByte("a block type");
    return true;
  }
  if (beginsValueType(first)) {
    readValueType(reader);
    return true;
  }
  return reader.readS33("a block type") >= 0;
}

/// memarg: alignment with a flag for a memory index, and an offset.
bool skipAccess(Reader& reader) {
  constexpr std::uint32_t kHasMemoryIndex = 0x40;
  const std::uint32_t flags = reader.readU32("an alignment");
  // The greatest alignment is 2^4; other bits are of proposals to come.
  if ((flags & ~kHasMemoryIndex) > 4) return false;
  if ((flags & kHasMemoryIndex) != 0) reader.readU32("a memory index");
  reader.readU64("an offset");
  return true;
}

bool skipTryTable(Reader& reader) {
  if (!skipBlockType(reader)) return false;
  const std::uint32_t catches = reader.readCount("the number of catches", 2);
  for (std::uint32_t i = 0; i < catches && reader.ok(); ++i) {
    const std::uint8_t kind = reader.readByte("a catch");  // catch, _ref, _all, _all_ref
    if (kind > 3) return false;
    if (kind < 2) reader.readU32("a tag index");
    reader.readU32("a label");
  }
  return true;
}

bool skipCastBranch(Reader& reader) {
  if (reader.readByte("which types are nullable") > 3) return false;
  reader.readU32("a label");
  readHeapType(reader);
  readHeapType(reader);
  return true;
}

/// False if they are not what skiff knows. Failures stay in the reader.
bool readImmediates(Reader& reader, Immediates immediates, Instruction& instruction) {
  switch (immediates) {
    case Immediates::unknown:
      return false;
    case Immediates::none:
      return true;
    case Immediates::index:
      instruction.immediates[0] = reader.readU32("an index");
      return true;
    case Immediates::twoIndices:
      instruction.immediates[0] = reader.readU32("an index");
      instruction.immediates[1] = reader.readU32("an index");
      return true;
    case Immediates::block:
      return skipBlockType(reader);
    case Immediates::branchTable: {
      const std::uint32_t labels = reader.readCount("the number of labels", 1);
      for (std::uint32_t i = 0; i < labels && reader.ok(); ++i) reader.readU32("a label");
      reader.readU32("the default label");
      return true;
    }
    case Immediates::typeList: {
      const std::uint32_t types = reader.readCount("the number of types", 1);
      for (std::uint32_t i = 0; i < types && reader.ok(); ++i) readValueType(reader);
      return true;
    }
    case Immediates::access:
      return skipAccess(reader);
    case Immediates::i32:
      instruction.immediates[0] = static_cast<std::uint32_t>(reader.readS32("a constant"));
      return true;
    case Immediates::i64:
      reader.readS64("a constant");
      return true;
    case Immediates::fourBytes:
      reader.skip(4, "a constant");
      return true;
    case Immediates::eightBytes:
      reader.skip(8, "a constant");
      return true;
    case Immediates::sixteenBytes:
      reader.skip(16, "a constant");
      return true;
    case Immediates::heapType:
      readHeapType(reader);
      return true;
    case Immediates::tryTable:
      return skipTryTable(reader);
    case Immediates::lane:
      reader.readByte("a lane");
      return true;
    case Immediates::accessAndLane: {
      const bool known = skipAccess(reader);
      reader.readByte("a lane");
      return known;
    }
    case Immediates::zeroByte:
      return reader.readByte("a zero byte") == 0;
    case Immediates::castBranch:
      return skipCastBranch(reader);
  }
  return false;
}

/// One-byte instructions that are neither brief nor resettable.
void describe(Instruction& instruction) {
  switch (instruction.opcode) {
    case kReturnCall:  // V8 does not look at the entry of functions that only call so
    case kReturnCallIndirect:
    case kReturnCallRef:
    case kThrow:
    case kRethrow:
    case kThrowRef:
    case kTableGet:  // makes the function's object the first time, as does ref.func
    case kRefFunc:
    case kMemoryGrow:
      instruction.duration = Duration::slow;
      break;
    case kTableSet:
      instruction.effect = Effect::writesTable;
      instruction.name = "table.set";
      instruction.duration = Duration::slow;
      break;
    default:
      break;
  }
}

void describeMisc(Instruction& instruction) {
  const auto set = [&](Effect effect, const char* name, Duration duration) {
    instruction.effect = effect;
    instruction.name = name;
    instruction.duration = duration;
  };
  switch (instruction.opcode) {
    case kMemoryInit:
    case kMemoryCopy:
    case kMemoryFill:
      instruction.duration = Duration::bulk;
      break;
    case kDataDrop:
      return set(Effect::dropsSegment, "data.drop", Duration::brief);
    case kElementDrop:
      return set(Effect::dropsSegment, "elem.drop", Duration::brief);
    case kTableInit:
      return set(Effect::writesTable, "table.init", Duration::bulk);
    case kTableCopy:
      return set(Effect::writesTable, "table.copy", Duration::bulk);
    case kTableFill:
      return set(Effect::writesTable, "table.fill", Duration::bulk);
    case kTableGrow:  // what it can grow by is little (prepared_module.cc)
      return set(Effect::writesTable, "table.grow", Duration::slow);
    default:
      break;
  }
}

Immediates lookUp(const Table& table, std::uint32_t opcode) {
  return opcode < table.size() ? table[opcode] : Immediates::unknown;
}

Immediates lookUpSimd(std::uint32_t opcode) {
  if (opcode >= kFirstRelaxed && opcode <= kLastRelaxed) return Immediates::none;
  return lookUp(kSimd, opcode);
}

Immediates describePrefixed(Instruction& instruction) {
  constexpr std::uint32_t kLastWaitOrNotify = 0x02;
  switch (instruction.prefix) {
    case kMiscPrefix:
      describeMisc(instruction);
      return lookUp(kMisc, instruction.opcode);
    case kSimdPrefix:
      return lookUpSimd(instruction.opcode);
    case kAtomicPrefix:
      if (instruction.opcode <= kLastWaitOrNotify) instruction.duration = Duration::slow;
      return lookUp(kAtomic, instruction.opcode);
    default:
      instruction.effect = Effect::collected;
      instruction.name = "a GC instruction";
      return lookUp(kGc, instruction.opcode);
  }
}

}  // namespace

void skipLocals(Reader& body) {
  const std::uint32_t groups = body.readCount("the number of local groups", 2);
  for (std::uint32_t i = 0; i < groups && body.ok(); ++i) {
    body.readU32("a number of locals");
    readValueType(body);
  }
}

Instruction readInstruction(Reader& reader) {
  Instruction instruction{Effect::resettable, nullptr};
  Immediates immediates;
  const std::uint8_t first = reader.readByte("an instruction");
  if (first >= kGcPrefix && first <= kAtomicPrefix) {
    instruction.prefix = first;
    instruction.opcode = reader.readU32("an instruction");
    immediates = describePrefixed(instruction);
  } else {
    instruction.opcode = first;
    describe(instruction);
    immediates = kOneByte[first];
  }
  if (!readImmediates(reader, immediates, instruction) || !reader.ok()) {
    return {Effect::unknown, nullptr};
  }
  return instruction;
}

std::optional<std::string> findUnresettable(Reader& body, std::uint32_t function) {
  const auto unknown = [&](std::size_t offset) {
    return concat("function ", function, " has an instruction that skiff does not know (offset ",
                  hex(offset), ")");
  };
  const std::size_t locals = body.offset();
  skipLocals(body);
  if (!body.ok()) return unknown(locals);
  while (!body.atEnd()) {
    const std::size_t start = body.offset();
    const Instruction instruction = readInstruction(body);
    switch (instruction.effect) {
      case Effect::resettable:
        break;
      case Effect::writesTable:
        return concat("function ", function, " writes a table (", instruction.name, " at offset ",
                      hex(start), ")");
      case Effect::dropsSegment:
        return concat("function ", function, " drops a segment (", instruction.name, " at offset ",
                      hex(start), ")");
      case Effect::collected:
        return concat("function ", function, " uses garbage-collected objects (at offset ",
                      hex(start), ")");
      case Effect::unknown:
        return unknown(start);
    }
  }
  return std::nullopt;
}

}  // namespace skiff::wasm
