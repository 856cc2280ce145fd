#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "isolate/wasm/module.h"

namespace skiff::wasm {

/// A custom section (5.5.3): its name and what follows it. Views into the module's bytes.
struct CustomSection {
  std::string_view name;
  std::span<const std::uint8_t> content;
};

/// REQUIRES: `section` is a custom section of the module that parseModule(bytes) gave.
CustomSection customSection(std::span<const std::uint8_t> bytes, const Section& section);

/// The content of the first custom section of that name; empty if there is none.
std::span<const std::uint8_t> findCustomSection(std::span<const std::uint8_t> bytes,
                                                const Module& module, std::string_view name);

/// Whether a custom section is for debuggers alone: "name" and DWARF's ".debug_*". Preparation
/// takes what it needs from them (see symbols.h) and does not hand them to the engine, which would
/// keep their bytes, and would make strings of names without bound for each trap.
bool isDebugSection(std::string_view name);

}  // namespace skiff::wasm
