#include "config/toml_reader.h"

#include <algorithm>

#include "config/printable.h"
#include "config/suggest.h"

namespace skiff {
namespace {

TextPosition startOf(const toml::source_region& region) {
  return {region.begin.line, region.begin.column};
}

/// What a value is, for "found ...".
std::string describe(const toml::node& node, const Notation& notation) {
  switch (node.type()) {
    case toml::node_type::string:
      return inQuotes(node.as_string()->get());
    case toml::node_type::integer:
      return std::to_string(node.as_integer()->get());
    case toml::node_type::boolean:
      return node.as_boolean()->get() ? "true" : "false";
    case toml::node_type::floating_point:
      return "a number with a fraction or exponent";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::table:
      return std::string(notation.table());
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return "a date or time";
    case toml::node_type::none:
      break;
  }
  return "nothing";
}

}  // namespace

TableReader::TableReader(const toml::table& table, std::string place, TextPosition where,
                         Report& report, const Notation& notation)
    : table_(&table),
      place_(std::move(place)),
      where_(where),
      report_(&report),
      notation_(&notation) {}

void TableReader::boolean(std::string_view key, bool& into) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  if (const auto* value = node->as_boolean()) {
    into = value->get();
  } else {
    reportWrong(key, *node, "true or false", into ? "true" : "false");
  }
}

void TableReader::milliseconds(std::string_view key, std::chrono::milliseconds least,
                               std::chrono::milliseconds most, std::chrono::milliseconds& into) {
  const auto value = wholeNumber(key, least.count(), most.count(), into.count());
  if (value) into = std::chrono::milliseconds(*value);
}

void TableReader::size(std::string_view key, ByteSize least, ByteSize most, ByteSize& into) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  if (const auto* text = node->as_string()) {
    const auto value = ByteSize::parse(text->get());
    if (value && *value >= least && *value <= most) {
      into = *value;
      return;
    }
  }
  reportWrong(key, *node,
              "a size from " + least.text() + " to " + most.text() +
                  ", a whole number with B, KiB, MiB, GiB or TiB",
              inQuotes(into.text()));
}

std::optional<LocatedText> TableReader::text(std::string_view key, std::string_view example) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* text = node->as_string()) return LocatedText{text->get(), positionOf(*node)};
  reportWrong(key, *node, "a string", example);
  return std::nullopt;
}

std::optional<LocatedText> TableReader::requiredText(std::string_view key,
                                                     std::string_view example) {
  if (find(key) == nullptr) reportMissing(key, example);
  return text(key, example);
}

std::optional<std::vector<LocatedText>> TableReader::texts(std::string_view key,
                                                           std::string_view example) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  const toml::array* list = node->as_array();
  if (list == nullptr) {
    reportWrong(key, *node, "a list of strings", example);
    return std::nullopt;
  }
  std::vector<LocatedText> texts;
  for (const toml::node& element : *list) {
    if (const auto* text = element.as_string()) {
      texts.push_back({text->get(), positionOf(element)});
    } else {
      reportWrong(key, element, "a list of strings", example);
    }
  }
  return texts;
}

std::optional<TableReader> TableReader::table(std::string_view key, std::string_view title) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (const toml::table* table = node->as_table()) {
    return TableReader(*table, notation_->insideTable(key, title), positionOf(*node), *report_,
                       *notation_);
  }
  report(positionOf(*node), std::string(key) + " must be " + notation_->tableForm(title) +
                                "; found " + describe(*node, *notation_));
  return std::nullopt;
}

std::vector<TableReader> TableReader::tables(std::string_view key, std::string_view form,
                                             std::string_view place) {
  std::vector<TableReader> tables;
  const toml::node* node = find(key);
  if (node == nullptr) return tables;
  const auto refuse = [&](const toml::node& found) {
    report(positionOf(found), std::string(key) + " must be " + notation_->tablesForm(form) +
                                  "; found " + describe(found, *notation_));
  };
  const toml::array* list = node->as_array();
  if (list == nullptr) {
    refuse(*node);
    return tables;
  }
  for (const toml::node& element : *list) {
    if (const toml::table* table = element.as_table()) {
      tables.push_back(
          TableReader(*table, std::string(place), positionOf(element), *report_, *notation_));
    } else {
      refuse(element);
    }
  }
  return tables;
}

std::vector<std::pair<LocatedText, LocatedText>> TableReader::allTexts() {
  std::vector<std::pair<LocatedText, LocatedText>> texts;
  for (const auto& [key, node] : *table_) {
    if (const auto* text = node.as_string()) {
      texts.push_back(
          {{std::string(key.str()), startOf(key.source())}, {text->get(), positionOf(node)}});
    } else {
      reportWrong(inQuotes(key.str()), node, "a string", "\"text\"");
    }
  }
  // The parser sorts keys by name.
  std::sort(texts.begin(), texts.end(),
            [](const auto& a, const auto& b) { return a.first.where < b.first.where; });
  return texts;
}

std::vector<std::pair<LocatedText, TableReader>> TableReader::allTables(std::string_view title) {
  std::vector<std::pair<LocatedText, TableReader>> tables;
  for (const auto& [key, node] : *table_) {
    if (const toml::table* table = node.as_table()) {
      LocatedText name{std::string(key.str()), startOf(key.source())};
      const std::string place = "in the table of " + inQuotes(key.str());
      tables.emplace_back(std::move(name),
                          TableReader(*table, place, positionOf(node), *report_, *notation_));
    } else {
      report(positionOf(node), inQuotes(key.str()) + " must be a table, headed such as " +
                                   std::string(title) + "; found " + describe(node, *notation_));
    }
  }
  // The parser sorts keys by name.
  std::sort(tables.begin(), tables.end(),
            [](const auto& a, const auto& b) { return a.first.where < b.first.where; });
  return tables;
}

TextPosition TableReader::where(std::string_view key) const {
  const toml::node* node = table_->get(key);
  return node == nullptr ? where_ : positionOf(*node);
}

void TableReader::reportMissing(std::string_view key, std::string_view example) {
  report(where_, "\"" + std::string(key) + "\" is missing " + place_ + "; write it like " +
                     notation_->entry(key, example));
}

void TableReader::finish() {
  for (const auto& [key, node] : *table_) {
    if (std::find(known_.begin(), known_.end(), key.str()) != known_.end()) continue;
    if (report_->isFull()) return;
    report(startOf(key.source()),
           "unknown key " + inQuotes(key.str()) + " " + place_ + suggestion(key.str(), known_));
  }
}

const toml::node* TableReader::find(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.push_back(key);
  return table_->get(key);
}

TextPosition TableReader::positionOf(const toml::node& node) const {
  const TextPosition where = notation_->positionOf(node);
  return where.line == 0 ? where_ : where;
}

void TableReader::reportWrong(std::string_view key, const toml::node& found,
                              std::string_view expected, std::string_view example) {
  std::string message(key);
  message.append(" must be ").append(expected).append(", such as ");
  message.append(notation_->entry(key, example));
  message.append("; found ").append(describe(found, *notation_));
  report(positionOf(found), std::move(message));
}

std::optional<std::int64_t> TableReader::wholeNumber(std::string_view key, std::int64_t least,
                                                     std::int64_t most, std::int64_t example) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* number = node->as_integer()) {
    if (number->get() >= least && number->get() <= most) return number->get();
  }
  reportWrong(key, *node,
              "a whole number from " + std::to_string(least) + " to " + std::to_string(most),
              std::to_string(example));
  return std::nullopt;
}

std::optional<std::size_t> TableReader::wordIndex(std::string_view key,
                                                  std::span<const std::string_view> words) {
  const auto found = text(key, inQuotes(words.front()));
  if (!found) return std::nullopt;
  const auto word = std::find(words.begin(), words.end(), found->value);
  if (word != words.end()) return static_cast<std::size_t>(word - words.begin());
  report(found->where, std::string(key) + " cannot be " + inQuotes(found->value) +
                           suggestion(found->value, words));
  return std::nullopt;
}

}  // namespace skiff
