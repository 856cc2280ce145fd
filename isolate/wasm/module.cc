#include "isolate/wasm/module.h"

#include <algorithm>

#include "isolate/wasm/binary.h"
#include "isolate/wasm/error_text.h"
#include "isolate/wasm/parser.h"
#include "isolate/wasm/preamble.h"

namespace skiff::wasm {

std::string ModuleError::text() const {
  std::string where = section;
  if (offset) {
    if (!where.empty()) where += ", ";
    where += "offset " + hex(*offset);
  }
  std::string result = what;
  if (!where.empty()) result += " (" + where + ")";
  if (!advice.empty()) result += ": " + advice;
  return result;
}

const Export* Module::findExport(std::string_view name, ExternalKind kind) const {
  const auto found = std::find_if(exports.begin(), exports.end(), [&](const Export& entry) {
    return entry.kind == kind && entry.name == name;
  });
  return found == exports.end() ? nullptr : &*found;
}

const Type& Module::typeOfFunction(std::uint32_t index) const {
  return types[functionTypes[index]];
}

ModuleResult<Module> parseModule(std::span<const std::uint8_t> bytes, ByteSize maxSize) {
  const std::uint64_t limit = std::min(maxSize.bytes(), kMaxModuleSize);
  if (bytes.size() > limit) {
    return ModuleError{concat("the module has ", mebibytes(bytes.size()), ", more than the ",
                              mebibytes(limit), " allowed"),
                       std::nullopt,
                       {},
                       "build it optimised for size and strip debug information (wasm-strip)"};
  }
  if (auto error = checkPreamble(bytes)) return std::move(*error);
  return Parser(bytes).run();
}

}  // namespace skiff::wasm
