#pragma once

// Internal to this folder: it includes the TOML parser's headers.

#include <toml++/toml.h>

#include <string>
#include <string_view>

#include "config/text_position.h"

namespace skiff {

/// How a document is written: where its parts stand, and how messages speak of them. The base is
/// TOML as it was parsed; a document that was converted to a toml::table brings its own.
class Notation {
 public:
  Notation() = default;
  virtual ~Notation() = default;
  Notation(const Notation&) = delete;
  Notation& operator=(const Notation&) = delete;

  /// Line 0 if that is not known.
  virtual TextPosition positionOf(const toml::node& node) const;
  /// "on line 3"
  virtual std::string placeOf(TextPosition where) const;
  /// `key = value`; `value` is as it stands in the document, with its quotes.
  virtual std::string entry(std::string_view key, std::string_view value) const;
  /// What a table is called: "a table".
  virtual std::string_view table() const;
  /// How the table `key` is written: "one table, headed [limits]"; `title` is its header.
  virtual std::string tableForm(std::string_view title) const;
  /// How a list of tables is written; `form` is one of them.
  virtual std::string tablesForm(std::string_view form) const;
  /// Where in the document the table `key` is: "in [limits]".
  virtual std::string insideTable(std::string_view key, std::string_view title) const;
};

/// TOML's.
const Notation& tomlNotation();

}  // namespace skiff
