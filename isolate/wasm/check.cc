#include <algorithm>

#include "isolate/wasm/binary.h"
#include "isolate/wasm/error_text.h"
#include "isolate/wasm/import_advice.h"
#include "isolate/wasm/rewrite.h"
#include "isolate/wasm/signature.h"

namespace skiff::wasm {

namespace {

using Refusal = std::optional<ModuleError>;

constexpr std::string_view kMemoryExport = "memory";
constexpr std::string_view kInitializer = "_initialize";

/// What the engine works through for each instance, on the shard's thread and without a look at the
/// limits of time. With all of these an instance still takes it less than 50 ms.
constexpr std::size_t kMaxExports = 1'000;  // an object each: 3 us
constexpr std::size_t kMaxFunctions = 200'000;
constexpr std::size_t kMaxTables = 100;
constexpr std::size_t kMaxGlobals = 10'000;
constexpr std::size_t kMaxTags = 1'000;
constexpr std::size_t kMaxElements = 131'072;  // twice what tables can hold
constexpr std::size_t kMaxExpressionBytes = 1 << 20;

ModuleError importError(const Import& import, std::string what, std::string advice) {
  return {std::move(what), import.offset, "import section", std::move(advice)};
}

ModuleError exportError(const Export& entry, std::string what, std::string advice) {
  return {std::move(what), entry.offset, "export section", std::move(advice)};
}

/// "module"."name".
std::string importName(const Import& import) {
  return concat(quoted(import.module), ".", quoted(import.name));
}

const HostFunction* findFunction(const Import& import, std::span<const HostModule> modules) {
  for (const HostModule& module : modules) {
    if (module.name != import.module) continue;
    for (const HostFunction& function : module.functions) {
      if (function.name == import.name) return &function;
    }
  }
  return nullptr;
}

std::string_view adviseOnKind(ExternalKind kind) {
  switch (kind) {
    case ExternalKind::memory:
      return "let the module define its memory and export it as \"memory\" (link without "
             "--import-memory)";
    case ExternalKind::table:
      return "let the module define its table (link without --import-table)";
    default:
      return "let the module define it";
  }
}

bool isUnknown(const Import& import, std::span<const HostModule> modules) {
  return import.kind != ExternalKind::function || findFunction(import, modules) == nullptr;
}

Refusal checkSignature(const Module& module, const Import& import, const HostFunction& function) {
  const Type& type = module.types[import.typeIndex];
  const auto parameters = valueTypes(function.parameters);
  const auto results = resultTypes(function.result);
  if (type.parameters != parameters || type.results != results) {
    return importError(import,
                       concat("the module imports ", importName(import), " as ",
                              signatureText(type.parameters, type.results), ", but it is ",
                              signatureText(parameters, results)),
                       "declare the function with this signature");
  }
  // The engine compares the types of two modules' functions by more than their signatures.
  if (!type.isPlain) {
    return importError(import,
                       concat("the module imports ", importName(import),
                              " with a type that has subtypes or is in a recursion group"),
                       "declare the function with a type of its own, outside of such a group");
  }
  return std::nullopt;
}

Refusal checkImports(const Module& module, std::span<const HostModule> modules) {
  const auto unknown = [&](const Import& import) { return isUnknown(import, modules); };
  const auto first = std::find_if(module.imports.begin(), module.imports.end(), unknown);
  if (first != module.imports.end()) {
    const auto more = std::count_if(std::next(first), module.imports.end(), unknown);
    const std::string others = more > 0 ? concat(" (and ", more, " more)") : std::string();
    if (first->kind != ExternalKind::function) {
      return importError(
          *first,
          concat("the module imports the ", kindName(first->kind), " ", importName(*first),
                 ", but skiff has only functions to import", others),
          std::string(adviseOnKind(first->kind)));
    }
    return importError(*first,
                       concat("the module imports the function ", importName(*first),
                              ", which skiff does not have", others),
                       adviseUnknownImport(first->module, first->name, modules));
  }
  for (const Import& import : module.imports) {
    if (Refusal refusal = checkSignature(module, import, *findFunction(import, modules))) {
      return refusal;
    }
  }
  return std::nullopt;
}

ModuleError memoryError(std::string what, std::string_view advice) {
  return {std::move(what), std::nullopt, "memory section", std::string(advice)};
}

Refusal checkMemory(const Module& module, const PrepareLimits& limits) {
  if (module.memories.empty()) {
    return memoryError("the module has no memory", "define one and export it as \"memory\"");
  }
  if (module.memories.size() > 1) {
    return memoryError(concat("the module has ", module.memories.size(), " memories"),
                       "build it with one memory");
  }
  const Limits& memory = module.memories.front();
  if (memory.shared) {
    return memoryError("the memory is shared",
                       "build without threads (no -pthread, no --shared-memory)");
  }
  if (memory.is64) {
    return memoryError("the memory has 64-bit addresses", "build for wasm32, not for wasm64");
  }
  const std::uint64_t most = std::min(limits.memory.bytes() / kPageSize, kMaxPages32);
  if (memory.minimum > most) {
    return memoryError(concat("the memory starts at ", mebibytes(memory.minimum * kPageSize), " (",
                              counted(memory.minimum, "page", "pages"), "), above the limit of ",
                              mebibytes(limits.memory.bytes())),
                       "raise the app's limit `memory`, or link with a smaller initial memory");
  }
  if (module.findExport(kMemoryExport, ExternalKind::memory) == nullptr) {
    return memoryError("the memory is not exported as \"memory\"",
                       "export it under this name, as linkers do by default");
  }
  return std::nullopt;
}

Refusal checkTables(const Module& module, const PrepareLimits& limits) {
  std::uint64_t room = limits.tableElements;
  for (std::size_t i = 0; i < module.tables.size(); ++i) {
    const std::uint64_t minimum = module.tables[i].minimum;
    if (minimum > room) {
      return ModuleError{
          concat("table ", i, " starts with ", counted(minimum, "element", "elements"),
                 ", above the limit of ", limits.tableElements, " for all tables together"),
          std::nullopt, "table section", "build it with smaller tables"};
    }
    room -= minimum;
  }
  return std::nullopt;
}

Refusal checkReservedNames(const Module& module) {
  for (const Export& entry : module.exports) {
    if (entry.name.starts_with(kReservedPrefix)) {
      return exportError(
          entry,
          concat("the module exports ", quoted(entry.name), "; names that begin with ",
                 quoted(kReservedPrefix), " are reserved"),
          "rename the export");
    }
  }
  return std::nullopt;
}

Refusal checkEntry(const Module& module, const EntryAbi& abi, const EntryPoint& entry) {
  const auto parameters = valueTypes(entry.parameters);
  const auto results = resultTypes(entry.result);
  const auto found =
      std::find_if(module.exports.begin(), module.exports.end(),
                   [&](const Export& candidate) { return candidate.name == entry.exportName; });
  if (found == module.exports.end()) {
    if (!entry.required) return std::nullopt;
    return ModuleError{concat("the module does not export the function ", quoted(entry.exportName),
                              ", which the ABI ", abi.name(), " enters"),
                       std::nullopt, "export section",
                       concat("export it with the signature ", signatureText(parameters, results))};
  }
  if (found->kind != ExternalKind::function) {
    return exportError(
        *found,
        concat("the export ", quoted(entry.exportName), " is a ", kindName(found->kind),
               "; the ABI ", abi.name(), " enters a function"),
        "export a function of this name");
  }
  const Type& type = module.typeOfFunction(found->index);
  if (type.parameters == parameters && type.results == results) return std::nullopt;
  return exportError(*found,
                     concat("the function ", quoted(entry.exportName), " is ",
                            signatureText(type.parameters, type.results), ", but the ABI ",
                            abi.name(), " enters ", signatureText(parameters, results)),
                     "give the function this signature");
}

Refusal checkEntries(const Module& module, const EntryAbi& abi) {
  for (const EntryPoint& entry : abi.entryPoints()) {
    if (Refusal refusal = checkEntry(module, abi, entry)) return refusal;
  }
  return std::nullopt;
}

bool isPlain(const Type& type) {
  return type.parameters.empty() && type.results.empty();
}

/// What runs before the first request: the start function and `_initialize`.
Refusal checkInitializers(const Module& module) {
  if (module.startFunction) {
    const Type& type = module.typeOfFunction(*module.startFunction);
    if (!isPlain(type)) {
      return ModuleError{concat("the start function is ",
                                signatureText(type.parameters, type.results), ", not () -> ()"),
                         std::nullopt, "start section", "give it neither parameters nor results"};
    }
  }
  if (const Export* entry = module.findExport(kInitializer, ExternalKind::function)) {
    const Type& type = module.typeOfFunction(entry->index);
    if (!isPlain(type)) {
      return exportError(*entry,
                         concat("the function ", quoted(kInitializer), " is ",
                                signatureText(type.parameters, type.results), ", not () -> ()"),
                         "give it neither parameters nor results");
    }
  }
  return std::nullopt;
}

/// The word for signals must be known before the guest runs, and lie in its memory.
Refusal checkSignal(const Module& module) {
  const Export* const signal = module.findExport(kSignalExport, ExternalKind::global);
  if (!signal) return std::nullopt;
  const Global& global = module.globals[signal->index];
  if (global.type != ValueType::i32 || global.isMutable || !global.constant) {
    return exportError(*signal,
                       concat("the global ", quoted(kSignalExport),
                              " is not a constant i32, the address of a word in memory"),
                       "define a variable of this name and link with --export=__skiff_signal");
  }
  const auto address = static_cast<std::uint32_t>(*global.constant);
  const std::uint64_t size =
      module.memories.empty() ? 0 : module.memories.front().minimum * kPageSize;
  if (std::uint64_t{address} + sizeof(std::uint32_t) > size) {
    return exportError(*signal,
                       concat("the global ", quoted(kSignalExport), " is ", address,
                              ", which is outside of the memory as it begins"),
                       "let it hold the address of a variable");
  }
  return std::nullopt;
}

/// What each instance pays for.
Refusal checkCounts(const Module& module) {
  struct Bound {
    std::size_t count;
    std::size_t most;
    std::string_view what;
    std::string_view advice;
  };
  constexpr std::string_view kSplit = "split the module, or generate less code";
  const Bound bounds[] = {
      {module.exports.size(), kMaxExports, "exports",
       "export only what is called from outside (link without --export-all)"},
      {module.functionTypes.size(), kMaxFunctions, "functions", kSplit},
      {module.tables.size(), kMaxTables, "tables", kSplit},
      {module.globals.size(), kMaxGlobals, "globals", kSplit},
      {module.tags, kMaxTags, "tags", kSplit},
      {module.elements, kMaxElements, "elements of tables in its segments", kSplit},
      {module.expressionBytes, kMaxExpressionBytes, "bytes of constant expressions", kSplit},
  };
  for (const Bound& bound : bounds) {
    if (bound.count <= bound.most) continue;
    return ModuleError{concat("it has ", bound.count, " ", bound.what, "; at most ", bound.most,
                              " are taken, since each instance pays for them"),
                       std::nullopt,
                       {},
                       std::string(bound.advice)};
  }
  return std::nullopt;
}

/// Objects of these types live on the engine's heap, which no limit of a tenant's counts.
Refusal checkTypes(const Module& module) {
  for (std::size_t index = 0; index < module.types.size(); ++index) {
    if (module.types[index].isFunction) continue;
    return ModuleError{"type " + std::to_string(index) + " is a struct or an array", std::nullopt,
                       "type section",
                       "garbage-collected objects are not supported: compile for linear memory"};
  }
  return std::nullopt;
}

}  // namespace

ModuleResult<void> checkModule(const Module& module, std::span<const HostModule> modules,
                               const EntryAbi& abi, const PrepareLimits& limits) {
  if (Refusal refusal = checkImports(module, modules)) return *refusal;
  if (Refusal refusal = checkTypes(module)) return *refusal;
  if (Refusal refusal = checkMemory(module, limits)) return *refusal;
  if (Refusal refusal = checkTables(module, limits)) return *refusal;
  if (Refusal refusal = checkCounts(module)) return *refusal;
  if (Refusal refusal = checkReservedNames(module)) return *refusal;
  if (Refusal refusal = checkEntries(module, abi)) return *refusal;
  if (Refusal refusal = checkInitializers(module)) return *refusal;
  if (Refusal refusal = checkSignal(module)) return *refusal;
  return {};
}

}  // namespace skiff::wasm
