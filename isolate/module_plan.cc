#include "isolate/module_plan.h"

#include <algorithm>

#include "config/byte_record.h"
#include "isolate/wasm/binary.h"
#include "isolate/wasm/parser.h"
#include "isolate/wasm/rewrite.h"

namespace skiff {
namespace {

const EntryAbi* abiOf(const wasm::Module& module) {
  std::vector<std::string_view> names;
  for (const wasm::Export& exported : module.exports) {
    if (exported.kind == wasm::ExternalKind::function) names.push_back(exported.name);
  }
  return detectAbi(names);
}

/// Whether it imports a function that can suspend it.
bool importsWaiting(const wasm::Module& module) {
  return std::any_of(module.imports.begin(), module.imports.end(), [](const auto& import) {
    for (const HostModule& host : hostModules()) {
      if (host.name != import.module) continue;
      for (const HostFunction& function : host.functions) {
        if (function.name == import.name) return function.mayWait;
      }
    }
    return false;
  });
}

/// What is called before the first request: the start section's function, then what toolchains
/// export for it. A handler module's `_start` is its initialiser (TinyGo); a CGI module's is its
/// entry.
std::vector<std::string> initialisersOf(const wasm::Module& module, const EntryAbi& abi,
                                        bool hasStart) {
  std::vector<std::string> names;
  if (hasStart) names.emplace_back(wasm::kStartExport);
  const auto exportsFunction = [&](std::string_view name) {
    return module.findExport(name, wasm::ExternalKind::function) != nullptr;
  };
  const auto isEntry = [&](std::string_view name) {
    const auto entries = abi.entryPoints();
    return std::any_of(entries.begin(), entries.end(),
                       [&](const EntryPoint& entry) { return entry.exportName == name; });
  };
  for (const std::string_view name : {"_initialize", "_start"}) {
    if (exportsFunction(name) && !isEntry(name)) {
      names.emplace_back(name);
      break;
    }
  }
  return names;
}

/// Table elements that a module may have in all: what it begins with and a little growth. Tables
/// live on the engine's heap, which all instances of an isolate share.
constexpr std::uint64_t kMaxTableElements = 65'536;
constexpr std::uint64_t kTableGrowth = 256;
constexpr std::size_t kBytesPerElement = 40;
constexpr std::size_t kInstanceHeap = 16 << 10;

std::uint32_t tableAllowance(const wasm::Module& module) {
  std::uint64_t elements = kTableGrowth;
  for (const wasm::Limits& table : module.tables) {
    elements = std::min(kMaxTableElements, elements + std::min(kMaxTableElements, table.minimum));
  }
  return static_cast<std::uint32_t>(elements);
}

/// By the name of an ABI.
const EntryAbi* findAbi(std::string_view name) {
  for (const EntryAbi* abi : {&httpHandlerAbi(), &cgiAbi()}) {
    if (abi->name() == name) return abi;
  }
  return nullptr;
}

}  // namespace

wasm::ModuleResult<ModulePlan> planModule(std::span<const std::uint8_t> bytes,
                                          std::string_view sourceMap, const PlanLimits& limits) {
  const auto module = wasm::parseModule(bytes, limits.maxModule);
  if (module.has_error()) return module.error();
  const EntryAbi* const abi = abiOf(*module);
  if (!abi) {
    return wasm::ModuleError{"it has no entry point that skiff knows",
                             std::nullopt,
                             {},
                             "export handle_request and handle_response (http-wasm), or _start "
                             "(WASI, answering by CGI)"};
  }
  wasm::PrepareLimits prepareLimits;
  prepareLimits.maxModule = limits.maxModule;
  prepareLimits.memory = limits.memory;
  prepareLimits.tableElements = tableAllowance(*module);
  const auto checked = wasm::checkModule(*module, hostModules(), *abi, prepareLimits);
  if (checked.has_error()) return checked.error();
  auto rewritten = wasm::rewriteModule(bytes, *module, *abi, prepareLimits);
  if (rewritten.has_error()) return rewritten.error();

  ModulePlan plan;
  plan.abi = abi;
  plan.grows = rewritten->grows;
  if (const auto* signal = module->findExport(wasm::kSignalExport, wasm::ExternalKind::global)) {
    plan.signalAddress = static_cast<std::uint32_t>(*module->globals[signal->index].constant);
  }
  plan.mayWait = importsWaiting(*module);
  plan.savedGlobals = rewritten->savedGlobals;
  if (!module->memories.empty()) {
    plan.initialMemory = module->memories.front().minimum * wasm::kPageSize;
  }
  plan.heapBytes =
      kInstanceHeap + (module->tables.empty() ? 0 : prepareLimits.tableElements * kBytesPerElement);
  plan.entries = std::move(rewritten->entries);
  plan.initialisers = initialisersOf(*module, *abi, rewritten->hasStart);
  plan.notResettable = module->notResettable.value_or("");
  plan.symbols = wasm::Symbols(bytes, *module, std::move(rewritten->offsets), sourceMap);
  plan.bytes = std::move(rewritten->bytes);
  plan.codeSize = module->codeSize;
  plan.functions = module->functionTypes.size();
  return plan;
}

std::vector<std::uint8_t> writePlan(const ModulePlan& plan) {
  RecordWriter to;
  to.text(plan.abi->name());
  to.value(plan.grows);
  to.value(plan.signalAddress.has_value());
  to.value(plan.signalAddress.value_or(0));
  to.value(plan.mayWait);
  to.value(plan.savedGlobals);
  to.value(std::uint64_t{plan.initialMemory});
  to.value(std::uint64_t{plan.heapBytes});
  to.text(std::string(plan.entries.begin(), plan.entries.end()));
  to.value(std::uint64_t{plan.initialisers.size()});
  for (const std::string& name : plan.initialisers) to.text(name);
  to.text(plan.notResettable);
  plan.symbols.write(to);
  to.value(std::uint64_t{plan.codeSize});
  to.value(std::uint64_t{plan.functions});
  to.text(plan.codeName);
  to.value(plan.isKnownValid);
  to.values(std::span(plan.bytes));
  return to.take();
}

std::optional<ModulePlan> readPlan(std::span<const std::uint8_t> bytes) {
  RecordReader from(bytes);
  ModulePlan plan;
  plan.abi = findAbi(from.text());
  plan.grows = from.value<std::uint8_t>() != 0;
  const bool hasSignal = from.value<std::uint8_t>() != 0;
  const auto signal = from.value<std::uint32_t>();
  if (hasSignal) plan.signalAddress = signal;
  plan.mayWait = from.value<std::uint8_t>() != 0;
  plan.savedGlobals = from.value<std::uint32_t>();
  plan.initialMemory = from.value<std::uint64_t>();
  plan.heapBytes = from.value<std::uint64_t>();
  for (const char entry : from.text()) plan.entries.push_back(entry != 0);
  for (auto count = from.value<std::uint64_t>(); count != 0 && from.ok(); --count) {
    plan.initialisers.push_back(from.text());
  }
  plan.notResettable = from.text();
  plan.symbols = wasm::Symbols::read(from);
  plan.codeSize = from.value<std::uint64_t>();
  plan.functions = from.value<std::uint64_t>();
  plan.codeName = from.text();
  plan.isKnownValid = from.value<std::uint8_t>() != 0;
  plan.bytes = from.values<std::uint8_t>();
  if (!from.done() || !plan.abi) return std::nullopt;
  return plan;
}

}  // namespace skiff
