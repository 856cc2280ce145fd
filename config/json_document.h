#pragma once

// Internal to this folder: it includes the TOML parser's headers.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/document_error.h"
#include "config/notation.h"
#include "config/result.h"

namespace skiff {

/// A JSON object as a toml::table, for TableReader. Positions count the values of the document, in
/// its order: "line" 1 is the object itself. Whole numbers become integers, all other numbers
/// floating-point ones ("1.0" and "1e3" too).
class JsonDocument final : public Notation {
 public:
  /// Within the bounds of documents.h. Total: any text gives a document or what is wrong with it.
  static Result<std::unique_ptr<JsonDocument>, DocumentError> parse(std::string_view text);

  const toml::table& root() const { return root_; }
  /// "limits.memory", "routes[2]"; empty for the document itself.
  std::string pathOf(TextPosition where) const;

  TextPosition positionOf(const toml::node& node) const override;
  std::string placeOf(TextPosition where) const override;
  std::string entry(std::string_view key, std::string_view value) const override;
  std::string_view table() const override;
  std::string tableForm(std::string_view title) const override;
  std::string tablesForm(std::string_view form) const override;
  std::string insideTable(std::string_view key, std::string_view title) const override;

 private:
  friend class JsonDocumentBuilder;

  /// A value of the document by its way there: an element of a list, else a key of an object.
  struct Part {
    std::size_t parent = 0;
    bool isElement = false;
    std::size_t index = 0;
    std::string key;  ///< as a path shows it
  };

  toml::table root_;
  std::vector<Part> parts_;
  std::unordered_map<const toml::node*, std::size_t> places_;  ///< to indexes of `parts_`
};

}  // namespace skiff
