#include "config/notation.h"

namespace skiff {

TextPosition Notation::positionOf(const toml::node& node) const {
  return {node.source().begin.line, node.source().begin.column};
}

std::string Notation::placeOf(TextPosition where) const {
  return "on line " + std::to_string(where.line);
}

std::string Notation::entry(std::string_view key, std::string_view value) const {
  return std::string(key).append(" = ").append(value);
}

std::string_view Notation::table() const {
  return "a table";
}

std::string Notation::tableForm(std::string_view title) const {
  return "one table, headed " + std::string(title);
}

std::string Notation::tablesForm(std::string_view form) const {
  return "a list of tables, each written " + std::string(form);
}

std::string Notation::insideTable(std::string_view, std::string_view title) const {
  return "in " + std::string(title);
}

const Notation& tomlNotation() {
  static const Notation notation;
  return notation;
}

}  // namespace skiff
