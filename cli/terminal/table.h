#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/terminal/console.h"

namespace skiff::cli {

/// A table for people: headings, rows, columns as wide as what is in them. Text from outside is
/// made printable; on a terminal, lines are cut to its width.
class Table {
 public:
  enum class Align { left, right };
  struct Column {
    std::string heading;
    Align align = Align::left;
  };
  struct Cell {
    Cell(std::string text_, Style style_ = Style::plain) : text(std::move(text_)), style(style_) {}
    Cell(const char* text_) : text(text_) {}
    std::string text;
    Style style = Style::plain;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// REQUIRES: a cell for each column.
  void add(std::vector<Cell> cells);
  bool isEmpty() const { return rows_.empty(); }
  /// The lines, each with its newline.
  std::string text(const Console& console) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

/// Names and values below each other, the values aligned; those that are empty are left out.
std::string fieldsText(const Console& console,
                       const std::vector<std::pair<std::string, Table::Cell>>& fields);

/// How many columns well-formed UTF-8 takes, a character counted as one.
std::size_t columnsOf(std::string_view text);

/// The first `columns` characters, the last of them "…" if some were cut.
std::string cutTo(std::string_view text, std::size_t columns);

}  // namespace skiff::cli
