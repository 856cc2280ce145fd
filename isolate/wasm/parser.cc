#include "isolate/wasm/parser.h"

#include <algorithm>
#include <array>

#include "isolate/wasm/binary.h"
#include "isolate/wasm/error_text.h"
#include "isolate/wasm/instruction_scanner.h"
#include "isolate/wasm/table_entry.h"
#include "isolate/wasm/types.h"

namespace skiff::wasm {

namespace {

constexpr std::array<std::string_view, kSectionIds> kSectionNames = {
    "custom section", "type section",   "import section",     "function section", "table section",
    "memory section", "global section", "export section",     "start section",    "element section",
    "code section",   "data section",   "data count section", "tag section"};

/// Copying back more globals than that takes longer than making an instance.
constexpr std::uint32_t kMostSavedGlobals = 10'000;

/// The number of entries of a section, bounded by its size and by what engines take.
std::uint32_t readEntryCount(Reader& reader, std::string_view what, std::size_t entrySize) {
  const std::size_t start = reader.offset();
  const std::uint32_t count = reader.readCount(what, entrySize);
  if (count <= kMaxEntries) return count;
  reader.failAt(start, concat(what, " is ", count, ", more than the ", kMaxEntries,
                              " that WebAssembly engines take"));
  return 0;
}

ExternalKind readKind(Reader& reader) {
  const std::size_t start = reader.offset();
  const std::uint8_t kind = reader.readByte("a kind of import or export");
  if (kind > static_cast<std::uint8_t>(ExternalKind::tag)) {
    reader.failAt(start, concat("there is no kind ", hex(kind), " of import or export"));
    return ExternalKind::function;
  }
  return static_cast<ExternalKind>(kind);
}

/// An index that must be below `size`.
std::uint32_t readIndex(Reader& reader, std::string_view what, std::size_t size) {
  const std::size_t start = reader.offset();
  const std::uint32_t index = reader.readU32(what);
  if (reader.ok() && index >= size) {
    reader.failAt(start, concat(what, " ", index, " is out of range: there are ", size));
    return 0;
  }
  return index;
}

}  // namespace

ModuleResult<Module> Parser::run() {
  Reader top(bytes_, kPreambleSize, bytes_.size(), {});
  while (!top.atEnd()) {
    if (module_.sections.size() == kMaxEntries) {
      return ModuleError{concat("the module has more than ", kMaxEntries, " sections"),
                         top.offset(),
                         {},
                         "strip its custom sections (wasm-strip)"};
    }
    if (auto error = parseSection(top)) return std::move(*error);
  }
  if (auto error = checkCounts()) return std::move(*error);
  return std::move(module_);
}

std::optional<ModuleError> Parser::parseSection(Reader& top) {
  Section section{};
  section.headerOffset = top.offset();
  section.id = top.readByte("a section");
  if (section.id >= kSectionIds) {
    top.failAt(section.headerOffset, concat("there is no section ", unsigned{section.id}),
               "build it without experimental features");
    return top.error();
  }
  const std::string_view name = kSectionNames[section.id];
  section.bodySize = top.readCount(concat("the size of the ", name), 1);
  if (!top.ok()) return top.error();
  section.bodyOffset = top.offset();
  top.skip(section.bodySize, name);

  Reader body(bytes_, section.bodyOffset, section.bodyOffset + section.bodySize, name);
  if (const std::uint8_t rank = sectionRank(section.id); rank > 0) {
    if (rank <= lastRank_) {
      body.failAt(section.headerOffset,
                  concat("the ", name, rank == lastRank_ ? " is there twice" : " is out of order"));
    }
    lastRank_ = rank;
  }
  if (body.ok()) parseBody(section.id, body);
  if (body.ok() && !body.atEnd()) {
    body.fail(concat("the section has ", counted(body.remaining(), "byte", "bytes"),
                     " behind its last entry"));
  }
  if (!body.ok()) return body.error();
  module_.sections.push_back(section);
  return std::nullopt;
}

void Parser::parseBody(std::uint8_t id, Reader& reader) {
  switch (id) {
    case kCustomSection:
      reader.readName("the section's name");
      reader.skip(reader.remaining(), "content");
      break;
    case kTypeSection:
      readTypes(reader, module_.types);
      break;
    case kImportSection:
      parseImports(reader);
      break;
    case kFunctionSection:
      parseFunctions(reader);
      break;
    case kTableSection:
      parseTables(reader);
      break;
    case kMemorySection:
      parseMemories(reader);
      break;
    case kTagSection:
      parseTags(reader);
      break;
    case kGlobalSection:
      parseGlobals(reader);
      break;
    case kExportSection:
      parseExports(reader);
      break;
    case kStartSection:
      parseStart(reader);
      break;
    case kElementSection:
      parseElements(reader);
      break;
    case kDataCountSection:
      dataCount_ = reader.readU32("the number of data segments");
      break;
    case kCodeSection:
      parseCode(reader);
      break;
    case kDataSection:
      parseData(reader);
      break;
    default:
      break;
  }
  if (id == kTypeSection && !std::all_of(module_.types.begin(), module_.types.end(),
                                         [](const Type& type) { return type.isFunction; })) {
    noteNotResettable("the module has types of garbage-collected objects");
  }
}

std::optional<ModuleError> Parser::checkCounts() const {
  const std::size_t defined = module_.functionTypes.size() - module_.importedFunctions;
  if (defined != bodies_) {
    return ModuleError{concat("the module declares ", counted(defined, "function", "functions"),
                              " but has ", counted(bodies_, "body", "bodies")),
                       std::nullopt, std::string(kSectionNames[kCodeSection]),
                       "the file is damaged or was cut short: build or copy it again"};
  }
  if (dataCount_ && *dataCount_ != dataSegments_) {
    return ModuleError{
        concat("the module declares ", counted(*dataCount_, "data segment", "data segments"),
               " but has ", dataSegments_),
        std::nullopt, std::string(kSectionNames[kDataSection]),
        "the file is damaged or was cut short: build or copy it again"};
  }
  return std::nullopt;
}

void Parser::parseImports(Reader& reader) {
  const std::uint32_t count = readEntryCount(reader, "the number of imports", 4);
  module_.imports.reserve(count);
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) parseImport(reader);
  module_.importedFunctions = static_cast<std::uint32_t>(module_.functionTypes.size());
  module_.importedTables = static_cast<std::uint32_t>(module_.tables.size());
  module_.importedMemories = static_cast<std::uint32_t>(module_.memories.size());
  module_.importedGlobals = static_cast<std::uint32_t>(module_.globals.size());
}

void Parser::parseImport(Reader& reader) {
  Import import{};
  import.offset = reader.offset();
  import.module = reader.readName("an import's module name");
  import.name = reader.readName("an import's name");
  import.kind = readKind(reader);
  if (!reader.ok()) return;
  switch (import.kind) {
    case ExternalKind::function:
      import.typeIndex = readFunctionType(reader);
      module_.functionTypes.push_back(import.typeIndex);
      break;
    case ExternalKind::table: {
      const std::size_t type = reader.offset();
      readReferenceType(reader);
      const std::size_t typeEnd = reader.offset();
      const Limits limits = readLimits(reader, LimitsOf::table);
      if (reader.ok()) addTable(type, typeEnd, limits);
      break;
    }
    case ExternalKind::memory:
      module_.memories.push_back(readLimits(reader, LimitsOf::memory));
      break;
    case ExternalKind::global:
      addGlobal(readGlobalType(reader));
      break;
    case ExternalKind::tag:
      parseTag(reader);
      break;
  }
  module_.imports.push_back(import);
}

std::uint32_t Parser::readFunctionType(Reader& reader) {
  const std::size_t start = reader.offset();
  const std::uint32_t index = readIndex(reader, "type", module_.types.size());
  if (reader.ok() && !module_.types[index].isFunction) {
    reader.failAt(start, concat("type ", index, " is not a function type"));
  }
  return index;
}

void Parser::parseFunctions(Reader& reader) {
  const std::uint32_t count = readEntryCount(reader, "the number of functions", 1);
  module_.functionTypes.reserve(module_.functionTypes.size() + count);
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
    module_.functionTypes.push_back(readFunctionType(reader));
  }
}

void Parser::parseTables(Reader& reader) {
  const std::uint32_t count = readEntryCount(reader, "the number of tables", 3);
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
    const IndexSpaces spaces{module_.types.size(), module_.functionTypes.size(),
                             module_.globals.size()};
    const TableEntry entry = readTableEntry(reader, spaces);
    if (reader.ok()) addTable(entry.typeBegin, entry.limitsBegin, entry.limits);
  }
}

void Parser::addTable(std::size_t typeBegin, std::size_t typeEnd, const Limits& limits) {
  module_.tables.push_back({limits, bytes_.subspan(typeBegin, typeEnd - typeBegin)});
}

void Parser::parseMemories(Reader& reader) {
  const std::uint32_t count = readEntryCount(reader, "the number of memories", 2);
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
    module_.memories.push_back(readLimits(reader, LimitsOf::memory));
  }
}

void Parser::parseTags(Reader& reader) {
  const std::uint32_t count = readEntryCount(reader, "the number of tags", 2);
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) parseTag(reader);
}

void Parser::parseTag(Reader& reader) {
  if (reader.readByte("a tag's attribute") != 0) reader.fail("a tag's attribute is not 0");
  readFunctionType(reader);
  ++module_.tags;
}

void Parser::parseGlobals(Reader& reader) {
  const std::uint32_t count = readEntryCount(reader, "the number of globals", 3);
  module_.globals.reserve(module_.globals.size() + count);
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
    Global global = readGlobalType(reader);
    const std::size_t begin = reader.offset();
    skipExpression(reader);
    if (reader.ok()) global.constant = constantOf(begin, reader.offset());
    addGlobal(global);
  }
}

/// Of the expression between two offsets, if it is an i32.const and nothing else.
std::optional<std::int32_t> Parser::constantOf(std::size_t begin, std::size_t end) const {
  Reader reader(bytes_, begin, end, {});
  if (reader.readByte("an instruction") != kI32Const) return std::nullopt;
  const auto value = static_cast<std::int32_t>(reader.readS32("a constant"));
  if (reader.readByte("an instruction") != kEnd || !reader.atEnd()) return std::nullopt;
  return value;
}

void Parser::addGlobal(Global global) {
  if (global.isMutable) {
    if (global.type == ValueType::reference) {
      noteNotResettable(
          concat("global ", module_.globals.size(), " is mutable and holds a reference"));
    } else if (++savedGlobals_ > kMostSavedGlobals) {
      noteNotResettable(concat("the module has more than ", kMostSavedGlobals,
                               " mutable globals, which are too many to copy back"));
    }
  }
  module_.globals.push_back(global);
}

void Parser::skipExpression(Reader& reader) {
  const std::size_t begin = reader.offset();
  skipConstantExpression(
      reader, {module_.types.size(), module_.functionTypes.size(), module_.globals.size()});
  module_.expressionBytes += reader.offset() - begin;
}

std::size_t Parser::spaceSize(ExternalKind kind) const {
  switch (kind) {
    case ExternalKind::function:
      return module_.functionTypes.size();
    case ExternalKind::table:
      return module_.tables.size();
    case ExternalKind::memory:
      return module_.memories.size();
    case ExternalKind::global:
      return module_.globals.size();
    case ExternalKind::tag:
      return module_.tags;
  }
  return 0;
}

void Parser::parseExports(Reader& reader) {
  const std::uint32_t count = readEntryCount(reader, "the number of exports", 3);
  module_.exports.reserve(count);
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
    Export entry{};
    entry.offset = reader.offset();
    entry.name = reader.readName("an export's name");
    entry.kind = readKind(reader);
    entry.index = readIndex(reader, kindName(entry.kind), spaceSize(entry.kind));
    module_.exports.push_back(entry);
  }
  if (!reader.ok()) return;
  // By sorting, not by hashing: no choice of names makes it slow.
  std::vector<const Export*> byName;
  byName.reserve(module_.exports.size());
  for (const Export& entry : module_.exports) byName.push_back(&entry);
  std::sort(byName.begin(), byName.end(), [](const Export* a, const Export* b) {
    return a->name != b->name ? a->name < b->name : a->offset < b->offset;
  });
  const auto twice =
      std::adjacent_find(byName.begin(), byName.end(),
                         [](const Export* a, const Export* b) { return a->name == b->name; });
  if (twice != byName.end()) {
    const Export& second = **std::next(twice);
    reader.failAt(second.offset, concat("the name ", quoted(second.name), " is exported twice"));
  }
}

void Parser::parseStart(Reader& reader) {
  module_.startFunction = readIndex(reader, "function", module_.functionTypes.size());
}

void Parser::parseElements(Reader& reader) {
  const std::uint32_t count = readEntryCount(reader, "the number of element segments", 2);
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) parseElement(reader);
}

/// 5.5.12: eight forms, told apart by three bits.
void Parser::parseElement(Reader& reader) {
  constexpr std::uint32_t kNotActive = 1, kExplicit = 2, kExpressions = 4;
  const std::size_t start = reader.offset();
  const std::uint32_t flags = reader.readU32("an element segment's flags");
  if (flags > (kNotActive | kExplicit | kExpressions)) {
    reader.failAt(start, concat("an element segment has the unknown flags ", hex(flags)));
    return;
  }
  if ((flags & kNotActive) == 0) {
    if ((flags & kExplicit) != 0) readIndex(reader, "table", module_.tables.size());
    if (reader.ok() && module_.tables.empty()) {
      reader.failAt(start, "an element segment is for a table, but the module has none");
    }
    skipExpression(reader);
  }
  const bool expressions = (flags & kExpressions) != 0;
  if ((flags & (kNotActive | kExplicit)) != 0) {
    if (expressions) {
      readReferenceType(reader);
    } else if (reader.readByte("an element kind") != 0) {
      reader.fail("an element segment is of an unknown kind");
    }
  }
  const std::uint32_t elements = reader.readCount("the number of elements", 1);
  const bool passive = (flags & (kNotActive | kExplicit)) == kNotActive;
  module_.elementSegments.push_back({passive ? elements : 0});
  module_.elements += elements;
  for (std::uint32_t i = 0; i < elements && reader.ok(); ++i) {
    if (expressions) {
      skipExpression(reader);
    } else {
      readIndex(reader, "function", module_.functionTypes.size());
    }
  }
}

void Parser::parseCode(Reader& reader) {
  module_.codeSize = reader.remaining();
  bodies_ = readEntryCount(reader, "the number of function bodies", 1);
  for (std::uint32_t i = 0; i < bodies_ && reader.ok(); ++i) {
    const std::uint32_t size = reader.readCount("the size of a function body", 1);
    const std::size_t begin = reader.offset();
    reader.skip(size, "a function body");
    // One reason is enough, so after it the rest is V8's alone.
    if (!reader.ok() || module_.notResettable) continue;
    Reader body(bytes_, begin, begin + size, kSectionNames[kCodeSection]);
    if (auto reason = findUnresettable(body, module_.importedFunctions + i)) {
      noteNotResettable(std::move(*reason));
    }
  }
}

void Parser::parseData(Reader& reader) {
  dataSegments_ = readEntryCount(reader, "the number of data segments", 2);
  for (std::uint32_t i = 0; i < dataSegments_ && reader.ok(); ++i) {
    const std::size_t start = reader.offset();
    const std::uint32_t flags = reader.readU32("a data segment's flags");
    if (flags > 2) {
      reader.failAt(start, concat("a data segment has the unknown flags ", hex(flags)));
      return;
    }
    if (flags == 2) readIndex(reader, "memory", module_.memories.size());
    if (flags != 1) {
      if (reader.ok() && module_.memories.empty()) {
        reader.failAt(start, "a data segment is for a memory, but the module has none");
      }
      skipExpression(reader);
    }
    const std::uint32_t size = reader.readCount("the size of a data segment", 1);
    module_.dataSegments.push_back({flags == 1 ? size : 0});
    reader.skip(size, "a data segment");
  }
}

void Parser::noteNotResettable(std::string reason) {
  if (!module_.notResettable) module_.notResettable = std::move(reason);
}

}  // namespace skiff::wasm
