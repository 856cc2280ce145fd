#include "isolate/wasm/custom_section.h"

#include "isolate/wasm/binary.h"
#include "isolate/wasm/reader.h"

namespace skiff::wasm {

CustomSection customSection(std::span<const std::uint8_t> bytes, const Section& section) {
  const std::size_t end = section.bodyOffset + section.bodySize;
  Reader reader(bytes, section.bodyOffset, end, {});
  const std::string_view name = reader.readName("a name");
  return {name, bytes.subspan(reader.offset(), end - reader.offset())};
}

std::span<const std::uint8_t> findCustomSection(std::span<const std::uint8_t> bytes,
                                                const Module& module, std::string_view name) {
  for (const Section& section : module.sections) {
    if (section.id != kCustomSection) continue;
    const CustomSection custom = customSection(bytes, section);
    if (custom.name == name) return custom.content;
  }
  return {};
}

bool isDebugSection(std::string_view name) {
  return name == "name" || name.starts_with(".debug_");
}

}  // namespace skiff::wasm
