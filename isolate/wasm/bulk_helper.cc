#include "isolate/wasm/bulk_helper.h"

#include "isolate/wasm/binary.h"

namespace skiff::wasm {

namespace {

// Parameters, as the instruction's operands, and locals, which are their values as i64: so one
// arithmetic serves all widths, and nothing that is compared can overflow.
constexpr std::uint32_t kTo = 0;
constexpr std::uint32_t kFrom = 1;  ///< or what it fills with
constexpr std::uint32_t kCount = 2;
constexpr std::uint32_t kLocal = 3;  ///< of parameter N: kLocal + N

std::uint8_t indexType(bool is64) {
  return is64 ? kI64Code : kI32Code;
}

class BodyWriter {
 public:
  BodyWriter(const BulkInstruction& instruction, std::uint32_t piece)
      : instruction_(instruction), piece_(piece) {}

  Writer write() {
    constexpr std::uint8_t kLocals = 3;
    body_.bytes({1, kLocals, kI64Code});
    writeTerminationCheck(body_);
    if (mayExceedPiece()) writePieces();
    for (const std::uint32_t parameter : {kTo, kFrom, kCount}) {
      body_.instruction(kLocalGet, parameter);
    }
    writeInstruction();
    body_.byte(kEnd);
    return std::move(body_);
  }

 private:
  bool is64(std::uint32_t parameter) const {
    const bool to64 = instruction_.destination.is64;
    if (!instruction_.source) return to64;
    const bool from64 = instruction_.source->is64;
    return parameter == kTo ? to64 : parameter == kFrom ? from64 : to64 && from64;
  }
  bool copies() const { return instruction_.source.has_value(); }
  /// What exceeds a segment traps at once.
  bool mayExceedPiece() const {
    return !copies() || instruction_.source->kind != Extent::Kind::segment ||
           instruction_.source->segmentSize > piece_;
  }
  bool mayOverlap() const {
    return copies() && instruction_.source->kind == instruction_.destination.kind &&
           instruction_.source->index == instruction_.destination.index;
  }

  void get(std::uint32_t parameter) { body_.instruction(kLocalGet, kLocal + parameter); }
  void set(std::uint32_t parameter) { body_.instruction(kLocalSet, kLocal + parameter); }
  void constant(std::uint64_t value) {
    body_.byte(kI64Const);
    body_.signedNumber(static_cast<std::int64_t>(value));
  }
  void step(std::uint32_t parameter, std::uint8_t operation) {
    get(parameter);
    constant(piece_);
    body_.byte(operation);
    set(parameter);
  }
  void branchWhileLong(std::uint32_t label) {
    get(kCount);
    constant(piece_);
    body_.byte(kI64GtU);
    body_.instruction(kBranchIf, label);
  }

  void writeInstruction() {
    body_.prefixed(kMiscPrefix, instruction_.opcode);
    body_.unsignedNumber(instruction_.immediates[0]);
    if (instruction_.opcode != kMemoryFill && instruction_.opcode != kTableFill) {
      body_.unsignedNumber(instruction_.immediates[1]);
    }
  }
  /// A local as the operand that its parameter is.
  void narrow(std::uint32_t parameter) {
    if (!is64(parameter)) body_.byte(kI32WrapI64);
  }
  void writeSize(const Extent& extent) {
    constexpr std::uint64_t kPageBits = 16;
    switch (extent.kind) {
      case Extent::Kind::segment:
        return constant(extent.segmentSize);
      case Extent::Kind::memory:
        body_.instruction(kMemorySize, extent.index);
        break;
      case Extent::Kind::table:
        body_.prefixed(kMiscPrefix, kTableSize);
        body_.unsignedNumber(extent.index);
        break;
    }
    if (!extent.is64) body_.byte(kI64ExtendI32U);
    if (extent.kind == Extent::Kind::memory) {
      constant(kPageBits);
      body_.byte(kI64Shl);
    }
  }
  /// Leaves the block around it if `count` from `parameter` on is not all inside.
  void leaveIfOutside(const Extent& extent, std::uint32_t parameter) {
    get(kCount);
    writeSize(extent);
    body_.byte(kI64GtU);
    body_.instruction(kBranchIf, 0);
    get(parameter);
    writeSize(extent);
    get(kCount);
    body_.byte(kI64Sub);
    body_.byte(kI64GtU);
    body_.instruction(kBranchIf, 0);
  }

  void writePieces();
  void writeForward();
  void writeBackward();
  void writeBack();

  const BulkInstruction& instruction_;
  const std::uint64_t piece_;
  Writer body_;
};

/// Leaves in the parameters what is still to do: all of it, if it is short or out of bounds.
void BodyWriter::writePieces() {
  body_.bytes({kBlock, kEmptyBlockCode});
  for (const std::uint32_t parameter : {kCount, kTo, kFrom}) {
    if (parameter == kFrom && !copies()) break;
    body_.instruction(kLocalGet, parameter);
    if (!is64(parameter)) body_.byte(kI64ExtendI32U);
    if (parameter != kCount) {
      set(parameter);
      continue;
    }
    body_.instruction(kLocalTee, kLocal + kCount);
    constant(piece_);
    body_.byte(kI64LeU);
    body_.instruction(kBranchIf, 0);
  }
  leaveIfOutside(instruction_.destination, kTo);
  if (copies()) leaveIfOutside(*instruction_.source, kFrom);
  if (mayOverlap()) {
    get(kTo);
    get(kFrom);
    body_.bytes({kI64GtU, kIf, kEmptyBlockCode});
    writeBackward();
    body_.byte(kElse);
    writeForward();
    body_.byte(kEnd);
  } else {
    writeForward();
  }
  writeBack();
  body_.byte(kEnd);
}

void BodyWriter::writeForward() {
  body_.bytes({kLoop, kEmptyBlockCode});
  get(kTo);
  narrow(kTo);
  if (copies()) {
    get(kFrom);
    narrow(kFrom);
  } else {
    body_.instruction(kLocalGet, kFrom);
  }
  constant(piece_);
  narrow(kCount);
  writeInstruction();
  step(kTo, kI64Add);
  if (copies()) step(kFrom, kI64Add);
  step(kCount, kI64Sub);
  branchWhileLong(0);
  body_.byte(kEnd);
}

void BodyWriter::writeBackward() {
  body_.bytes({kLoop, kEmptyBlockCode});
  step(kCount, kI64Sub);
  for (const std::uint32_t parameter : {kTo, kFrom}) {
    get(parameter);
    get(kCount);
    body_.byte(kI64Add);
    narrow(parameter);
  }
  constant(piece_);
  narrow(kCount);
  writeInstruction();
  branchWhileLong(0);
  body_.byte(kEnd);
}

void BodyWriter::writeBack() {
  for (const std::uint32_t parameter : {kTo, kFrom, kCount}) {
    if (parameter == kFrom && !copies()) continue;
    get(parameter);
    narrow(parameter);
    body_.instruction(kLocalSet, parameter);
  }
}

}  // namespace

void writeBulkType(Writer& to, const BulkInstruction& instruction) {
  const bool to64 = instruction.destination.is64;
  to.bytes({kFunctionCode, 3, indexType(to64)});
  if (instruction.source) {
    to.byte(indexType(instruction.source->is64));
    to.byte(indexType(to64 && instruction.source->is64));
  } else {
    to.bytes(instruction.filledWith);
    to.byte(indexType(to64));
  }
  to.byte(0);  // no results
}

Writer bulkBody(const BulkInstruction& instruction, std::uint32_t piece) {
  return BodyWriter(instruction, piece).write();
}

void writeTerminationCheck(Writer& to) {
  to.bytes({kLoop, kEmptyBlockCode, kEnd});
}

}  // namespace skiff::wasm
