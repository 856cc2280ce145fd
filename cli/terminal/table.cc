#include "cli/terminal/table.h"

#include <algorithm>
#include <cstdint>

#include "config/printable.h"

namespace skiff::cli {
namespace {

constexpr std::size_t kGap = 2;

bool beginsCharacter(char c) {
  return (static_cast<std::uint8_t>(c) & 0xC0) != 0x80;
}

}  // namespace

std::size_t columnsOf(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), beginsCharacter));
}

std::string cutTo(std::string_view text, std::size_t columns) {
  if (columnsOf(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  std::size_t end = 0;
  std::size_t seen = 0;
  while (end < text.size() && !(beginsCharacter(text[end]) && seen++ == columns - 1)) ++end;
  return std::string(text.substr(0, end)) + "…";
}

void Table::add(std::vector<Cell> cells) {
  for (Cell& cell : cells) cell.text = printable(cell.text);
  rows_.push_back(std::move(cells));
}

std::string Table::text(const Console& console) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = columnsOf(columns_[i].heading);
    for (const auto& row : rows_) width = std::max(width, columnsOf(row[i].text));
    widths.push_back(width);
  }
  std::string out;
  const auto line = [&](const auto& cellOf) {
    std::string text;
    std::size_t used = 0;
    std::size_t pending = 0;  // spaces that come only if something follows
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const auto [content, style] = cellOf(i);
      if (i > 0) pending += kGap;
      const std::size_t padding = widths[i] - columnsOf(content);
      if (columns_[i].align == Align::right) pending += padding;
      std::string shown(content);
      if (console.width > 0) {
        const std::size_t room = console.width - std::min(console.width, used + pending);
        shown = cutTo(content, room);
      }
      if (!shown.empty()) {
        text.append(pending, ' ').append(styled(console, style, shown));
        used += pending + columnsOf(shown);
        pending = 0;
      }
      if (columns_[i].align == Align::left) pending += padding;
    }
    out.append(text).append("\n");
  };
  using Shown = std::pair<std::string_view, Style>;
  line([&](std::size_t i) { return Shown(columns_[i].heading, Style::dim); });
  for (const auto& row : rows_) {
    line([&](std::size_t i) { return Shown(row[i].text, row[i].style); });
  }
  return out;
}

std::string fieldsText(const Console& console,
                       const std::vector<std::pair<std::string, Table::Cell>>& fields) {
  std::size_t width = 0;
  for (const auto& [name, value] : fields) {
    if (!value.text.empty()) width = std::max(width, columnsOf(name));
  }
  std::string out;
  for (const auto& [name, value] : fields) {
    if (value.text.empty()) continue;
    out.append(styled(console, Style::dim, name)).append(width - columnsOf(name) + kGap, ' ');
    out.append(styled(console, value.style, printable(value.text))).append("\n");
  }
  return out;
}

}  // namespace skiff::cli
