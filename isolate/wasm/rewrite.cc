#include "isolate/wasm/rewrite.h"

#include <algorithm>

#include "isolate/wasm/additions.h"
#include "isolate/wasm/binary.h"
#include "isolate/wasm/bounded_code.h"
#include "isolate/wasm/custom_section.h"
#include "isolate/wasm/error_text.h"
#include "isolate/wasm/global_access.h"
#include "isolate/wasm/signature.h"
#include "isolate/wasm/table_entry.h"
#include "isolate/wasm/types.h"

namespace skiff::wasm {

namespace {

/// Reads and writes as they are needed once; the order of its steps is that of rewriteModule().
class Rewriter {
 public:
  Rewriter(std::span<const std::uint8_t> bytes, const Module& module, const EntryAbi& abi,
           const PrepareLimits& limits)
      : bytes_(bytes),
        module_(module),
        abi_(abi),
        limits_(limits),
        additions_({static_cast<std::uint32_t>(module.types.size()),
                    static_cast<std::uint32_t>(module.functionTypes.size()),
                    static_cast<std::uint32_t>(module.globals.size())}) {}

  ModuleResult<Rewritten> run() {
    limitTables();
    if (auto error = boundCode()) return std::move(*error);
    addShadows();
    addGlobalFunctions();
    if (module_.startFunction) additions_.exportFunction(kStartExport, *module_.startFunction);
    if (auto error = addEntries()) return std::move(*error);
    writeModule();
    result_.hasStart = module_.startFunction.has_value();
    result_.savedGlobals = static_cast<std::uint32_t>(saved_.size());
    result_.bytes = output_.take();
    return std::move(result_);
  }

 private:
  void limitTables();
  std::optional<ModuleError> boundCode();
  void addShadows();
  void addGlobalFunctions();
  std::optional<ModuleError> addEntries();
  std::optional<ModuleError> addEntry(const EntryPoint& entry, std::size_t index,
                                      const Export& target);
  void writeModule();
  void writeMissing(std::uint8_t belowRank, std::uint8_t& nextRank);
  void writeSection(const Section& section);
  void writeCode(const Section& section);
  bool isStale(const Section& section) const;
  void writeTables(const Section& section);
  void writeMemories(const Section& section);
  void writeLimits(Writer& to, const Limits& limits, std::uint64_t maximum);

  std::span<const std::uint8_t> bytes_;
  const Module& module_;
  const EntryAbi& abi_;
  const PrepareLimits& limits_;
  Additions additions_;
  std::vector<std::uint64_t> tableMaxima_;
  std::optional<BoundedEntries> code_;  ///< nothing if the bodies stay as they are
  std::vector<SavedGlobal> saved_;
  Writer output_;
  Rewritten result_;
};

/// What the minimums leave is shared out, so that all tables together keep to the limit.
void Rewriter::limitTables() {
  std::uint64_t room = limits_.tableElements;
  for (const Table& table : module_.tables) room -= std::min(room, table.minimum);
  const std::uint64_t share = module_.tables.empty() ? 0 : room / module_.tables.size();
  for (const Table& table : module_.tables) {
    const std::uint64_t maximum = table.minimum + share;
    tableMaxima_.push_back(std::min(maximum, table.maximum.value_or(maximum)));
  }
}

std::optional<ModuleError> Rewriter::boundCode() {
  const auto code = std::find_if(module_.sections.begin(), module_.sections.end(),
                                 [](const Section& section) { return section.id == kCodeSection; });
  if (code == module_.sections.end()) return std::nullopt;
  BoundedCode boundedCode(bytes_, module_, tableMaxima_, additions_);
  auto bounded = boundedCode.rewrite(*code);
  if (!bounded) return bounded.error();
  if (const auto global = boundedCode.growthGlobal()) {
    additions_.exportGlobal(kMayGrowGlobal, *global);
    result_.grows = true;
  }
  code_ = std::move(*bounded);
  return std::nullopt;
}

void Rewriter::addShadows() {
  if (module_.notResettable) return;  // nothing will be restored, so entries need not copy
  for (std::uint32_t i = 0; i < module_.globals.size(); ++i) {
    const Global& global = module_.globals[i];
    if (!global.isMutable || global.type == ValueType::reference) continue;
    saved_.push_back({i, additions_.addGlobal(global.type), global.type});
  }
}

void Rewriter::addGlobalFunctions() {
  using enum ValueType;
  Writer save;
  save.unsignedNumber(0);
  writeSave(save, saved_);
  save.byte(kEnd);
  additions_.exportFunction(kSaveGlobals, additions_.addFunction(additions_.addType({}, {}), save));
  additions_.exportFunction(
      kGetGlobal,
      additions_.addFunction(additions_.addType({i32, i32}, {i64}), getterBody(saved_)));
  additions_.exportFunction(
      kSetGlobal,
      additions_.addFunction(additions_.addType({i32, i64, i64}, {}), setterBody(saved_)));
}

std::optional<ModuleError> Rewriter::addEntries() {
  const auto entries = abi_.entryPoints();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Export* target = module_.findExport(entries[i].exportName, ExternalKind::function);
    result_.entries.push_back(target != nullptr);
    if (target == nullptr) continue;
    if (auto error = addEntry(entries[i], i, *target)) return error;
  }
  return std::nullopt;
}

std::optional<ModuleError> Rewriter::addEntry(const EntryPoint& entry, std::size_t index,
                                              const Export& target) {
  const std::vector<ValueType> parameters = valueTypes(entry.parameters);
  std::vector<ValueType> results = resultTypes(entry.result);
  const Type& type = module_.typeOfFunction(target.index);
  if (type.parameters != parameters || type.results != results) {
    return ModuleError{concat("the export ", quoted(entry.exportName), " is ",
                              signatureText(type.parameters, type.results), ", not ",
                              signatureText(parameters, results)),
                       target.offset,
                       "export section",
                       {}};
  }
  const bool folds = entry.result == 'I';
  const auto value = static_cast<std::uint32_t>(parameters.size());
  Writer body;
  if (folds) {
    body.bytes({1, 1, kI64Code});
    results = {ValueType::f64};
  } else {
    body.unsignedNumber(0);
  }
  if (entry.first) writeRestore(body, saved_);
  for (std::uint32_t i = 0; i < parameters.size(); ++i) body.instruction(kLocalGet, i);
  body.instruction(kCall, target.index);
  if (folds) {
    // (r >> 32) * 2 + (r & 1): 33 bits, which a double holds exactly.
    body.instruction(kLocalTee, value);
    body.bytes({kI64Const, 32, kI64ShrU, kI64Const, 1, kI64Shl});
    body.instruction(kLocalGet, value);
    body.bytes({kI64Const, 1, kI64And, kI64Or, kF64ConvertI64U});
  }
  body.byte(kEnd);
  additions_.exportFunction(concat(kEntryPrefix, index),
                            additions_.addFunction(additions_.addType(parameters, results), body));
  return std::nullopt;
}

/// Sections that the module lacks go in front of the first that ranks behind them, and in front of
/// the custom sections at the end, where tools expect names and debug information.
void Rewriter::writeModule() {
  constexpr std::uint8_t kBehindAll = kSectionIds;
  output_.reserve(bytes_.size() + bytes_.size() / 16 + 4'096);
  writePreamble(output_);
  std::size_t ranked = 0;
  for (std::size_t i = 0; i < module_.sections.size(); ++i) {
    if (module_.sections[i].id != kCustomSection) ranked = i + 1;
  }
  std::uint8_t nextRank = 1;
  for (std::size_t i = 0; i < module_.sections.size(); ++i) {
    if (i == ranked) writeMissing(kBehindAll, nextRank);
    const Section& section = module_.sections[i];
    if (section.id != kCustomSection) {
      const std::uint8_t rank = sectionRank(section.id);
      writeMissing(rank, nextRank);
      nextRank = static_cast<std::uint8_t>(rank + 1);
    }
    writeSection(section);
  }
  writeMissing(kBehindAll, nextRank);
}

void Rewriter::writeMissing(std::uint8_t belowRank, std::uint8_t& nextRank) {
  for (const std::uint8_t id :
       {kTypeSection, kFunctionSection, kGlobalSection, kExportSection, kCodeSection}) {
    const std::uint8_t rank = sectionRank(id);
    if (rank >= nextRank && rank < belowRank && additions_.has(id)) {
      additions_.writeSection(output_, id, {});
    }
  }
  nextRank = std::max(nextRank, belowRank);
}

void Rewriter::writeSection(const Section& section) {
  const auto body = bytes_.subspan(section.bodyOffset, section.bodySize);
  if (section.id == kStartSection) return;  // exported instead
  if (section.id == kCustomSection && isDebugSection(customSection(bytes_, section).name)) return;
  if (isStale(section)) return;
  if (section.id == kTableSection) {
    writeTables(section);
  } else if (section.id == kMemorySection) {
    writeMemories(section);
  } else if (section.id == kCodeSection) {
    writeCode(section);
  } else if (additions_.has(section.id)) {
    additions_.writeSection(output_, section.id, body);
  } else {
    output_.section(section.id, body);
  }
}

/// Annotations of instructions, by their offsets in bodies that have changed.
bool Rewriter::isStale(const Section& section) const {
  if (section.id != kCustomSection || !code_) return false;
  Reader reader(bytes_, section.bodyOffset, section.bodyOffset + section.bodySize, {});
  return reader.readName("the section's name").starts_with("metadata.code.");
}

void Rewriter::writeCode(const Section& section) {
  const auto narrow = [](std::size_t offset) { return static_cast<std::uint32_t>(offset); };
  if (!code_) {
    const auto body = bytes_.subspan(section.bodyOffset, section.bodySize);
    const Additions::Placed placed = additions_.writeSection(output_, section.id, body);
    result_.offsets.add(narrow(placed.offset), narrow(section.bodyOffset + placed.oldStart));
    result_.offsets.addNone(narrow(placed.offset + placed.size));
    return;
  }
  Reader reader(bytes_, section.bodyOffset, section.bodyOffset + section.bodySize, {});
  Writer body;
  body.reserve(code_->bytes.size() + 5);
  body.unsignedNumber(reader.readU32("a count"));
  body.bytes(code_->bytes);
  const Additions::Placed placed = additions_.writeSection(output_, section.id, body.view());
  result_.offsets.add(code_->offsets, narrow(placed.offset));
  result_.offsets.addNone(narrow(placed.offset + placed.size));
}

void Rewriter::writeTables(const Section& section) {
  Reader reader(bytes_, section.bodyOffset, section.bodyOffset + section.bodySize, {});
  const IndexSpaces spaces{module_.types.size(), module_.functionTypes.size(),
                           module_.importedGlobals};
  Writer body;
  const std::uint32_t count = reader.readU32("a count");
  body.unsignedNumber(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t begin = reader.offset();
    const TableEntry entry = readTableEntry(reader, spaces);
    body.bytes(bytes_.subspan(begin, entry.limitsBegin - begin));
    writeLimits(body, entry.limits, tableMaxima_[module_.importedTables + i]);
    body.bytes(bytes_.subspan(entry.limitsEnd, reader.offset() - entry.limitsEnd));
  }
  output_.section(section.id, body.view());
}

void Rewriter::writeMemories(const Section& section) {
  const std::uint64_t pages = std::min(limits_.memory.bytes() / kPageSize, kMaxPages32);
  Reader reader(bytes_, section.bodyOffset, section.bodyOffset + section.bodySize, {});
  Writer body;
  const std::uint32_t count = reader.readU32("a count");
  body.unsignedNumber(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const Limits limits = readLimits(reader, LimitsOf::memory);
    writeLimits(body, limits, std::max(pages, limits.minimum));
  }
  output_.section(section.id, body.view());
}

void Rewriter::writeLimits(Writer& to, const Limits& limits, std::uint64_t maximum) {
  to.byte(static_cast<std::uint8_t>(1 | (limits.shared ? 2 : 0) | (limits.is64 ? 4 : 0)));
  to.unsignedNumber(limits.minimum);
  to.unsignedNumber(std::min(maximum, limits.maximum.value_or(maximum)));
}

}  // namespace

ModuleResult<Rewritten> rewriteModule(std::span<const std::uint8_t> bytes, const Module& module,
                                      const EntryAbi& abi, const PrepareLimits& limits) {
  return Rewriter(bytes, module, abi, limits).run();
}

}  // namespace skiff::wasm
