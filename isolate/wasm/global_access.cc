#include "isolate/wasm/global_access.h"

#include "isolate/wasm/binary.h"

namespace skiff::wasm {

namespace {

constexpr std::uint32_t kIndex = 0;  // locals of both functions
constexpr std::uint32_t kHalf = 1;
constexpr std::uint32_t kLow = 1;
constexpr std::uint32_t kHigh = 2;

/// Dispatches on the first parameter by halving, so that many globals nest no deeper than log2 of
/// them. REQUIRES: globals is not empty. `first` is the index of its first.
template <class WriteOne>
void writeChoice(Writer& to, std::span<const SavedGlobal> globals, std::uint32_t first,
                 std::uint8_t blockType, const WriteOne& writeOne) {
  if (globals.size() == 1) {
    writeOne(globals.front());
    return;
  }
  const std::size_t half = globals.size() / 2;
  const std::uint32_t middle = first + static_cast<std::uint32_t>(half);
  to.instruction(kLocalGet, kIndex);
  to.byte(kI32Const);
  to.signedNumber(middle);
  to.byte(kI32LtU);
  to.bytes({kIf, blockType});
  writeChoice(to, globals.first(half), first, blockType, writeOne);
  to.byte(kElse);
  writeChoice(to, globals.subspan(half), middle, blockType, writeOne);
  to.byte(kEnd);
}

void writeExtractLane(Writer& to, std::uint32_t global, std::uint8_t lane) {
  to.instruction(kGlobalGet, global);
  to.prefixed(kSimdPrefix, kI64x2ExtractLane);
  to.byte(lane);
}

/// A global's bits as an i64.
void writeBits(Writer& to, const SavedGlobal& saved) {
  if (saved.type == ValueType::v128) {
    to.instruction(kLocalGet, kHalf);
    to.bytes({kIf, kI64Code});
    writeExtractLane(to, saved.global, 1);
    to.byte(kElse);
    writeExtractLane(to, saved.global, 0);
    to.byte(kEnd);
    return;
  }
  to.instruction(kGlobalGet, saved.global);
  switch (saved.type) {
    case ValueType::i32:
      to.byte(kI64ExtendI32U);
      break;
    case ValueType::f32:
      to.bytes({kI32ReinterpretF32, kI64ExtendI32U});
      break;
    case ValueType::f64:
      to.byte(kI64ReinterpretF64);
      break;
    default:
      break;
  }
}

/// The parameters' bits as a value of this type.
void writeValue(Writer& to, ValueType type) {
  to.instruction(kLocalGet, kLow);
  switch (type) {
    case ValueType::i32:
      to.byte(kI32WrapI64);
      break;
    case ValueType::f32:
      to.bytes({kI32WrapI64, kF32ReinterpretI32});
      break;
    case ValueType::f64:
      to.byte(kF64ReinterpretI64);
      break;
    case ValueType::v128:
      to.prefixed(kSimdPrefix, kI64x2Splat);
      to.instruction(kLocalGet, kHigh);
      to.prefixed(kSimdPrefix, kI64x2ReplaceLane);
      to.byte(1);
      break;
    default:
      break;
  }
}

void writeCopy(Writer& to, std::uint32_t from, std::uint32_t into) {
  to.instruction(kGlobalGet, from);
  to.instruction(kGlobalSet, into);
}

}  // namespace

void writeSave(Writer& to, std::span<const SavedGlobal> globals) {
  for (const SavedGlobal& saved : globals) writeCopy(to, saved.global, saved.shadow);
}

void writeRestore(Writer& to, std::span<const SavedGlobal> globals) {
  for (const SavedGlobal& saved : globals) writeCopy(to, saved.shadow, saved.global);
}

Writer getterBody(std::span<const SavedGlobal> globals) {
  Writer body;
  body.unsignedNumber(0);  // no locals
  if (globals.empty()) {
    body.instruction(kI64Const, 0);
  } else {
    writeChoice(body, globals, 0, kI64Code,
                [&](const SavedGlobal& saved) { writeBits(body, saved); });
  }
  body.byte(kEnd);
  return body;
}

Writer setterBody(std::span<const SavedGlobal> globals) {
  Writer body;
  body.unsignedNumber(0);
  if (!globals.empty()) {
    writeChoice(body, globals, 0, kEmptyBlockCode, [&](const SavedGlobal& saved) {
      for (const std::uint32_t target : {saved.global, saved.shadow}) {
        writeValue(body, saved.type);
        body.instruction(kGlobalSet, target);
      }
    });
  }
  body.byte(kEnd);
  return body;
}

}  // namespace skiff::wasm
