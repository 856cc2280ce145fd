// Any bytes are line number programs, a source map and names as far as they go: the table that
// comes of them is bounded, and each address has one answer. The same bytes serve as the sections
// that strings are in.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "isolate/wasm/debug_line.h"
#include "isolate/wasm/function_names.h"
#include "isolate/wasm/source_map.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skiff::wasm;
  const std::span<const std::uint8_t> bytes(data, size);
  constexpr std::uint64_t kCodeSize = 1 << 20;
  LineTableBuilder builder(kCodeSize);
  readDebugLine({bytes, bytes, bytes}, builder);
  const LineTable table = builder.take();
  if (table.bytes() > 64 * size + 4'096) std::abort();
  for (std::uint32_t address = 0; address < kCodeSize; address += 997) {
    const SourceLine place = table.find(address);
    if (place.file.size() > LineTableBuilder::kLongestPath) std::abort();
    if (place.line == 0 && !place.file.empty()) std::abort();
  }
  if (table.find(0).line != 0 || table.find(kCodeSize).line != 0) std::abort();

  LineTableBuilder mapped(kCodeSize);
  readSourceMap({reinterpret_cast<const char*>(data), size}, 16, mapped);
  if (mapped.take().bytes() > 64 * size + 4'096) std::abort();

  const FunctionNames names(bytes);
  if (names.bytes() > 16 * size + 64) std::abort();
  for (std::uint32_t function = 0; function < 64; ++function) {
    if (names.name(function).size() > FunctionNames::kLongestName) std::abort();
  }
  return 0;
}
