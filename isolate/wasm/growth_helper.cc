#include "isolate/wasm/growth_helper.h"

#include "isolate/abi/growth.h"
#include "isolate/wasm/binary.h"
#include "isolate/wasm/bulk_helper.h"

namespace skiff::wasm {

Writer growthBody(std::uint32_t memory, std::uint32_t mayGrow, std::uint32_t type) {
  constexpr std::uint32_t kPages = 0;
  constexpr std::uint32_t kResult = 1;
  constexpr std::uint8_t kMinusOne = 0x7f;
  constexpr std::int32_t kMostPages = 65'536;
  Writer body;
  body.unsignedNumber(1);  // one group of locals: the result
  body.unsignedNumber(1);
  body.byte(kI32Code);
  writeTerminationCheck(body);
  // What no memory can have is no question, and must not look like kGrowthFailed.
  body.byte(kI32Const);
  body.signedNumber(kMostPages);
  body.instruction(kLocalGet, kPages);
  body.bytes({kI32LtU, kIf, kEmptyBlockCode, kI32Const, kMinusOne, kReturn, kEnd});
  // By nothing it never fails: programs ask so for the size.
  body.instruction(kLocalGet, kPages);
  body.bytes({kIf, kEmptyBlockCode});
  body.instruction(kLocalGet, kPages);
  body.instruction(kGlobalGet, mayGrow);
  body.instruction(kCallRef, type);
  body.bytes({kI32Eqz, kIf, kEmptyBlockCode, kI32Const, kMinusOne, kReturn, kEnd, kEnd});
  body.instruction(kLocalGet, kPages);
  body.instruction(kMemoryGrow, memory);
  // Where the engine refuses what was granted, it is told so.
  body.instruction(kLocalTee, kResult);
  body.bytes({kI32Const, kMinusOne, kI32Eq, kIf, kEmptyBlockCode});
  body.instruction(kLocalGet, kPages);
  body.byte(kI32Const);
  body.signedNumber(static_cast<std::int32_t>(kGrowthFailed));
  body.byte(kI32Add);
  body.instruction(kGlobalGet, mayGrow);
  body.instruction(kCallRef, type);
  body.bytes({kDrop, kEnd});
  body.instruction(kLocalGet, kResult);
  body.byte(kEnd);
  return body;
}

}  // namespace skiff::wasm
