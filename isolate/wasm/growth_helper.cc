#include "isolate/wasm/growth_helper.h"

#include "isolate/wasm/binary.h"
#include "isolate/wasm/bulk_helper.h"

namespace skiff::wasm {

Writer growthBody(std::uint32_t memory, std::uint32_t mayGrow, std::uint32_t type) {
  constexpr std::uint32_t kPages = 0;
  constexpr std::uint8_t kMinusOne = 0x7f;
  Writer body;
  body.unsignedNumber(0);  // no locals
  writeTerminationCheck(body);
  // By nothing it never fails: programs ask so for the size.
  body.instruction(kLocalGet, kPages);
  body.bytes({kIf, kEmptyBlockCode});
  body.instruction(kLocalGet, kPages);
  body.instruction(kGlobalGet, mayGrow);
  body.instruction(kCallRef, type);
  body.bytes({kI32Eqz, kIf, kEmptyBlockCode, kI32Const, kMinusOne, kReturn, kEnd, kEnd});
  body.instruction(kLocalGet, kPages);
  body.instruction(kMemoryGrow, memory);
  body.byte(kEnd);
  return body;
}

}  // namespace skiff::wasm
