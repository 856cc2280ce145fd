#pragma once

// Internal to this folder: it includes the TOML parser's headers.

#include <toml++/toml.h>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/byte_size.h"
#include "config/notation.h"
#include "config/report.h"
#include "config/text_position.h"

namespace skiff {

/// A string of the file and where it stands.
struct LocatedText {
  std::string value;
  TextPosition where;
};

/// A word that a key may hold, and what it stands for.
template <class T>
using Choice = std::pair<std::string_view, T>;

/// Reads the keys of one TOML table. Each read names a key; a value that is not what that key takes
/// is reported, with what was found and what is expected, and then treated as absent. finish()
/// reports the keys that no read asked for. One thread.
/// REQUIRES: the parsed document, the report and the notation outlive it; `key`s are string
/// literals.
class TableReader {
 public:
  /// `place`: how messages name the table, such as "in [server]". `where`: its header.
  TableReader(const toml::table& table, std::string place, TextPosition where, Report& report,
              const Notation& notation = tomlNotation());

  // Optional keys. `into` holds the default, stays as it is if the key is absent or wrong, and
  // serves as the example in messages. Bounds are inclusive.
  void boolean(std::string_view key, bool& into);
  template <std::integral T>
  void integer(std::string_view key, T least, T most, T& into) {
    if (const auto value = wholeNumber(key, least, most, into)) into = static_cast<T>(*value);
  }
  void milliseconds(std::string_view key, std::chrono::milliseconds least,
                    std::chrono::milliseconds most, std::chrono::milliseconds& into);
  void size(std::string_view key, ByteSize least, ByteSize most, ByteSize& into);
  template <class T, std::size_t N>
  void choice(std::string_view key, const std::array<Choice<T>, N>& choices, T& into) {
    std::array<std::string_view, N> words;
    for (std::size_t i = 0; i < N; ++i) words[i] = choices[i].first;
    if (const auto index = wordIndex(key, words)) into = choices[*index].second;
  }

  /// A string; `example` is a value as it stands in the file, with its quotes.
  std::optional<LocatedText> text(std::string_view key, std::string_view example);
  /// The same; its absence is reported.
  std::optional<LocatedText> requiredText(std::string_view key, std::string_view example);
  /// A list of strings, those elements that are strings. Nothing if the key is absent or no list.
  std::optional<std::vector<LocatedText>> texts(std::string_view key, std::string_view example);
  /// A table; `title` names it, such as "[tenant.limits]".
  std::optional<TableReader> table(std::string_view key, std::string_view title);
  /// A list of tables, in the order of the file; empty if the key is absent. `form`: how one is
  /// written; `place`: how messages name one, such as "in [[tenant]]".
  std::vector<TableReader> tables(std::string_view key, std::string_view form,
                                  std::string_view place);
  /// Every key of this table with its value, for a table of strings whose keys are free. In the
  /// order of the file.
  std::vector<std::pair<LocatedText, LocatedText>> allTexts();
  /// The same for a table of tables; `title` is the header of one.
  std::vector<std::pair<LocatedText, TableReader>> allTables(std::string_view title);

  bool has(std::string_view key) const { return table_->contains(key); }
  /// Where the key's value stands; the table's header if there is none.
  TextPosition where(std::string_view key) const;
  void report(TextPosition where, std::string message) { report_->add(where, std::move(message)); }
  void reportMissing(std::string_view key, std::string_view example);
  const Notation& notation() const { return *notation_; }
  void finish();

 private:
  const toml::node* find(std::string_view key);
  TextPosition positionOf(const toml::node& node) const;
  void reportWrong(std::string_view key, const toml::node& found, std::string_view expected,
                   std::string_view example);
  std::optional<std::int64_t> wholeNumber(std::string_view key, std::int64_t least,
                                          std::int64_t most, std::int64_t example);
  std::optional<std::size_t> wordIndex(std::string_view key,
                                       std::span<const std::string_view> words);

  const toml::table* table_;
  std::string place_;
  TextPosition where_;
  Report* report_;
  const Notation* notation_;
  std::vector<std::string_view> known_;
};

}  // namespace skiff
