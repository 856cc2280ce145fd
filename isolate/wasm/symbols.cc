#include "isolate/wasm/symbols.h"

#include <algorithm>

#include "isolate/wasm/binary.h"
#include "isolate/wasm/custom_section.h"
#include "isolate/wasm/debug_line.h"
#include "isolate/wasm/reader.h"
#include "isolate/wasm/source_map.h"

namespace skiff::wasm {

Symbols::Symbols(std::span<const std::uint8_t> bytes, const Module& module, OffsetMap offsets,
                 std::string_view sourceMap)
    : offsets_(std::move(offsets)),
      importedFunctions_(module.importedFunctions),
      names_(findCustomSection(bytes, module, "name")) {
  const auto code = std::find_if(module.sections.begin(), module.sections.end(),
                                 [](const Section& section) { return section.id == kCodeSection; });
  if (code == module.sections.end()) return;
  readBodies(bytes, *code);
  LineTableBuilder lines(code->bodySize);
  readDebugLine({findCustomSection(bytes, module, ".debug_line"),
                 findCustomSection(bytes, module, ".debug_line_str"),
                 findCustomSection(bytes, module, ".debug_str")},
                lines);
  lines_ = lines.take();
  if (lines_.empty() && !sourceMap.empty()) {
    LineTableBuilder mapped(code->bodySize);
    readSourceMap(sourceMap, codeStart_, mapped);
    lines_ = mapped.take();
  }
  offsets_.shrinkToFit();
}

void Symbols::readBodies(std::span<const std::uint8_t> bytes, const Section& code) {
  codeStart_ = static_cast<std::uint32_t>(code.bodyOffset);
  Reader reader(bytes, code.bodyOffset, code.bodyOffset + code.bodySize, {});
  const std::uint32_t count = reader.readCount("a count", 1);
  bodies_.reserve(count);
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
    bodies_.push_back(static_cast<std::uint32_t>(reader.offset()));
    reader.skip(reader.readU32("a body's size"), "a body");
  }
}

std::optional<CodePlace> Symbols::find(std::uint32_t rewritten) const {
  // A check that stands in front of an instruction belongs to it.
  const auto offset = offsets_.originalOrNext(rewritten);
  if (!offset) return std::nullopt;
  const auto after = std::upper_bound(bodies_.begin(), bodies_.end(), *offset);
  if (after == bodies_.begin()) return std::nullopt;
  CodePlace place;
  place.function =
      importedFunctions_ + static_cast<std::uint32_t>(std::distance(bodies_.begin(), after) - 1);
  place.offset = *offset;
  place.name = names_.name(place.function);
  place.source = lines_.find(*offset - codeStart_);
  return place;
}

void Symbols::write(RecordWriter& to) const {
  offsets_.write(to);
  to.value(importedFunctions_);
  to.value(codeStart_);
  to.values(std::span(bodies_));
  names_.write(to);
  lines_.write(to);
}

Symbols Symbols::read(RecordReader& from) {
  Symbols symbols;
  symbols.offsets_ = OffsetMap::read(from);
  symbols.importedFunctions_ = from.value<std::uint32_t>();
  symbols.codeStart_ = from.value<std::uint32_t>();
  symbols.bodies_ = from.values<std::uint32_t>();
  symbols.names_ = FunctionNames::read(from);
  symbols.lines_ = LineTable::read(from);
  return symbols;
}

std::size_t Symbols::bytes() const {
  return offsets_.bytes() + bodies_.capacity() * sizeof(std::uint32_t) + names_.bytes() +
         lines_.bytes();
}

}  // namespace skiff::wasm
