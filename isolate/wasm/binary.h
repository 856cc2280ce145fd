#pragma once

#include <cstddef>
#include <cstdint>

/// Numbers of the binary format (WebAssembly 3.0, chapter 5).
namespace skiff::wasm {

inline constexpr std::size_t kPreambleSize = 8;
inline constexpr std::uint64_t kPageSize = 65'536;
inline constexpr std::uint64_t kMaxPages32 = 65'536;  ///< of a memory with 32-bit addresses: 4 GiB

/// The most types, imports, functions, globals, exports... of a module: what JavaScript engines
/// have agreed on (WebAssembly JavaScript API, "Implementation-defined Limits").
inline constexpr std::uint32_t kMaxEntries = 1'000'000;
/// The largest module that the engine takes.
inline constexpr std::uint64_t kMaxModuleSize = std::uint64_t{1} << 30;

/// Section ids (5.5.2).
enum SectionId : std::uint8_t {
  kCustomSection = 0,
  kTypeSection = 1,
  kImportSection = 2,
  kFunctionSection = 3,
  kTableSection = 4,
  kMemorySection = 5,
  kGlobalSection = 6,
  kExportSection = 7,
  kStartSection = 8,
  kElementSection = 9,
  kCodeSection = 10,
  kDataSection = 11,
  kDataCountSection = 12,
  kTagSection = 13,
};
inline constexpr std::uint8_t kSectionIds = 14;

/// Where a section stands among the others, from 1; 0 for custom sections, which may stand
/// anywhere. REQUIRES: id < kSectionIds.
constexpr std::uint8_t sectionRank(std::uint8_t id) {
  //                                     cu ty im fu ta me gl ex st el co da dc tag
  constexpr std::uint8_t kRanks[kSectionIds] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6};
  return kRanks[id];
}

/// Type codes (5.3).
enum TypeCode : std::uint8_t {
  kI32Code = 0x7f,
  kI64Code = 0x7e,
  kF32Code = 0x7d,
  kF64Code = 0x7c,
  kV128Code = 0x7b,
  kI8Code = 0x78,   ///< packed, only in fields
  kI16Code = 0x77,  ///< packed, only in fields
  kFirstAbstractHeapCode = 0x69,
  kLastAbstractHeapCode = 0x74,
  kReferenceCode = 0x64,
  kNullableReferenceCode = 0x63,
  kFunctionCode = 0x60,
  kStructCode = 0x5f,
  kArrayCode = 0x5e,
  kSubCode = 0x50,
  kSubFinalCode = 0x4f,
  kGroupCode = 0x4e,
  kEmptyBlockCode = 0x40,
};

/// The instructions that skiff emits or must tell apart by name (5.4).
enum Opcode : std::uint8_t {
  kBlock = 0x02,
  kLoop = 0x03,
  kIf = 0x04,
  kElse = 0x05,
  kThrow = 0x08,
  kRethrow = 0x09,
  kThrowRef = 0x0a,
  kEnd = 0x0b,
  kBranch = 0x0c,
  kBranchIf = 0x0d,
  kReturn = 0x0f,
  kCall = 0x10,
  kReturnCall = 0x12,
  kReturnCallIndirect = 0x13,
  kCallRef = 0x14,
  kReturnCallRef = 0x15,
  kDrop = 0x1a,
  kLocalGet = 0x20,
  kLocalSet = 0x21,
  kLocalTee = 0x22,
  kGlobalGet = 0x23,
  kGlobalSet = 0x24,
  kTableGet = 0x25,
  kTableSet = 0x26,
  kMemorySize = 0x3f,
  kMemoryGrow = 0x40,
  kI32Const = 0x41,
  kI64Const = 0x42,
  kF32Const = 0x43,
  kF64Const = 0x44,
  kI32Eqz = 0x45,
  kI32Eq = 0x46,
  kI32LtU = 0x49,
  kI32LeU = 0x4d,
  kI64GtU = 0x56,
  kI64LeU = 0x58,
  kF64Eq = 0x61,
  kI32Add = 0x6a,
  kI32Mul = 0x6c,
  kI64Add = 0x7c,
  kI64Sub = 0x7d,
  kI64Mul = 0x7e,
  kI64And = 0x83,
  kI64Or = 0x84,
  kI64Shl = 0x86,
  kI64ShrU = 0x88,
  kI32WrapI64 = 0xa7,
  kI64ExtendI32U = 0xad,
  kF64ConvertI64U = 0xba,
  kI32ReinterpretF32 = 0xbc,
  kI64ReinterpretF64 = 0xbd,
  kF32ReinterpretI32 = 0xbe,
  kF64ReinterpretI64 = 0xbf,
  kRefNull = 0xd0,
  kRefFunc = 0xd2,
  kGcPrefix = 0xfb,
  kMiscPrefix = 0xfc,
  kSimdPrefix = 0xfd,
  kAtomicPrefix = 0xfe,
};

/// Second opcodes behind kSimdPrefix and kMiscPrefix.
inline constexpr std::uint32_t kV128Const = 0x0c;
inline constexpr std::uint32_t kI64x2Splat = 0x12;
inline constexpr std::uint32_t kI64x2ExtractLane = 0x1d;
inline constexpr std::uint32_t kI64x2ReplaceLane = 0x1e;
inline constexpr std::uint32_t kI64TruncSatF64S = 0x06;
inline constexpr std::uint32_t kMemoryInit = 0x08;
inline constexpr std::uint32_t kDataDrop = 0x09;
inline constexpr std::uint32_t kMemoryCopy = 0x0a;
inline constexpr std::uint32_t kMemoryFill = 0x0b;
inline constexpr std::uint32_t kTableInit = 0x0c;
inline constexpr std::uint32_t kElementDrop = 0x0d;
inline constexpr std::uint32_t kTableCopy = 0x0e;
inline constexpr std::uint32_t kTableGrow = 0x0f;
inline constexpr std::uint32_t kTableSize = 0x10;
inline constexpr std::uint32_t kTableFill = 0x11;

}  // namespace skiff::wasm
