#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "isolate/wasm/constant_expression.h"
#include "isolate/wasm/module.h"
#include "isolate/wasm/reader.h"

namespace skiff::wasm {

/// Reads the sections of a module, once and in order. parseModule() checks the preamble first.
class Parser {
 public:
  /// REQUIRES: bytes.size() >= kPreambleSize.
  explicit Parser(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  ModuleResult<Module> run();

 private:
  std::optional<ModuleError> parseSection(Reader& top);
  std::optional<ModuleError> checkCounts() const;
  void parseBody(std::uint8_t id, Reader& reader);

  void parseImports(Reader& reader);
  void parseImport(Reader& reader);
  void parseFunctions(Reader& reader);
  void parseTables(Reader& reader);
  void parseMemories(Reader& reader);
  void parseTags(Reader& reader);
  void parseTag(Reader& reader);
  void parseGlobals(Reader& reader);
  void parseExports(Reader& reader);
  void parseStart(Reader& reader);
  void parseElements(Reader& reader);
  void parseElement(Reader& reader);
  void parseCode(Reader& reader);
  void parseData(Reader& reader);

  void addTable(std::size_t typeBegin, std::size_t typeEnd, const Limits& limits);
  std::uint32_t readFunctionType(Reader& reader);
  void skipExpression(Reader& reader);
  std::optional<std::int32_t> constantOf(std::size_t begin, std::size_t end) const;
  void addGlobal(Global global);
  void noteNotResettable(std::string reason);
  std::size_t spaceSize(ExternalKind kind) const;

  std::span<const std::uint8_t> bytes_;
  Module module_;
  std::uint8_t lastRank_ = 0;
  std::uint32_t savedGlobals_ = 0;
  std::uint32_t bodies_ = 0;
  std::uint32_t dataSegments_ = 0;
  std::optional<std::uint32_t> dataCount_;
};

}  // namespace skiff::wasm
