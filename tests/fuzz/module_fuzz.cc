// Any bytes are a module or an error; what passes the check can be rewritten, and what comes out is
// a module again, which passes no second preparation.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "isolate/wasm/rewrite.h"
#include "isolate/wasm/stack_text.h"
#include "isolate/wasm/symbols.h"

namespace {

using namespace skiff;

/// Entry points as those of http-wasm are, all of them optional, so that most modules get through.
class FuzzAbi : public EntryAbi {
 public:
  std::string_view name() const override { return "fuzz"; }
  std::span<const EntryPoint> entryPoints() const override {
    static constexpr EntryPoint kEntries[] = {{"handle_request", "", 'I', false, true},
                                              {"handle_response", "ii", 0, false, false},
                                              {"_start", "", 0, false, true}};
    return kEntries;
  }
  Step begin(HostContext&) const override { return {}; }
  Step returned(HostContext&, std::uint8_t, std::int64_t) const override { return {}; }
  Step ready(HostContext&) const override { return {}; }
  Step exited(HostContext&, int) const override { return {}; }
};

std::span<const HostModule> fuzzModules() {
  static constexpr auto kCall = [](HostContext&, const std::uint32_t*) {
    return HostResult::done();
  };
  static constexpr HostFunction kFunctions[] = {{"plain", "ii", 'i', false, kCall},
                                                {"waiting", "iI", 'i', true, kCall},
                                                {"nothing", "", 0, false, kCall}};
  static constexpr HostModule kModules[] = {{"host", kFunctions}};
  return kModules;
}

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> bytes(data, size);
  const FuzzAbi abi;
  const wasm::PrepareLimits limits;
  const auto module = wasm::parseModule(bytes, limits.maxModule);
  if (module.has_error()) {
    require(!module.error().text().empty());
    require(module.error().offset.value_or(0) <= size);
    return 0;
  }
  const auto check = wasm::checkModule(*module, fuzzModules(), abi, limits);
  const auto rewritten = wasm::rewriteModule(bytes, *module, abi, limits);
  if (check.has_error()) {
    require(!check.error().text().empty());
    return 0;
  }
  // Bodies are the engine's to find valid, before they are rewritten: here, what is not known in
  // them is met by the rewriter.
  if (rewritten.has_error()) {
    require(!rewritten.error().text().empty());
    return 0;
  }
  const auto prepared = wasm::parseModule(rewritten->bytes, ByteSize(rewritten->bytes.size()));
  require(prepared.has_value());
  require(wasm::checkModule(*prepared, fuzzModules(), abi, limits).has_error());
  require(prepared->startFunction == std::nullopt);
  require(prepared->imports.size() == module->imports.size());
  require(prepared->globals.size() ==
          module->globals.size() + rewritten->savedGlobals + (rewritten->grows ? 1 : 0));
  require(prepared->memories.size() == 1 && prepared->memories[0].maximum.has_value());
  require(*prepared->memories[0].maximum * 65'536 <= limits.memory.bytes());
  std::uint64_t elements = 0;
  for (const wasm::Limits& table : prepared->tables) {
    require(table.maximum.has_value());
    elements += *table.maximum;
  }
  require(elements <= limits.tableElements);

  const wasm::Symbols symbols(bytes, *module, rewritten->offsets);
  for (std::uint32_t offset = 0; offset < rewritten->bytes.size(); ++offset) {
    const auto original = rewritten->offsets.originalOrNext(offset);
    require(!original || *original < size);
    const auto place = symbols.find(offset);
    require(!place ||
            (place->offset == original && place->function < module->functionTypes.size()));
    if (place) require(wasm::stackLines(symbols, std::span(&offset, 1)).size() == 1);
  }
  return 0;
}
