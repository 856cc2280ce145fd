#include "config/json_document.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <limits>
#include <utility>

#include "config/documents.h"
#include "config/printable.h"

namespace skiff {
namespace {

namespace json = boost::json;

/// A key as a path shows it: as it is, or between quotes if it would be misread.
std::string pathPart(std::string_view key) {
  const bool isPlain =
      !key.empty() && key.size() <= 64 && std::all_of(key.begin(), key.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
      });
  return isPlain ? std::string(key) : inQuotes(key);
}

toml::source_region regionOf(std::size_t index) {
  const toml::source_position start{static_cast<toml::source_index>(index + 1), 1};
  return {start, start, nullptr};
}

}  // namespace

/// Takes the parser's events (Boost.JSON's basic_parser) and adds each value where it belongs, so
/// that a key that stands twice is seen, and no second tree is made.
class JsonDocumentBuilder {
 public:
  // Bounded by the size of the text.
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();

  JsonDocumentBuilder() : document_(std::make_unique<JsonDocument>()) {}

  std::unique_ptr<JsonDocument> take() { return std::move(document_); }
  /// Why the document was refused, if it was not for its syntax.
  const std::optional<DocumentError>& refusal() const { return refusal_; }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code& error) {
    if (!open_.empty()) return open(toml::table{}, error);
    document_->parts_.emplace_back();
    document_->places_.emplace(&document_->root_, 0);
    open_.push_back({&document_->root_, 0, 0});
    return true;
  }
  bool on_object_end(std::size_t, json::error_code&) { return close(); }
  bool on_array_begin(json::error_code& error) { return open(toml::array{}, error); }
  bool on_array_end(std::size_t, json::error_code&) { return close(); }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    return append(key_, part);
  }
  bool on_key(json::string_view part, std::size_t, json::error_code& error) {
    append(key_, part);
    if (!open_.back().node->as_table()->contains(key_)) return true;
    return refuse("the key stands twice in its object; keep one of them", error);
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    return append(text_, part);
  }
  bool on_string(json::string_view part, std::size_t, json::error_code& error) {
    append(text_, part);
    return add(std::exchange(text_, {}), error);
  }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t value, json::string_view, json::error_code& error) {
    return add(value, error);
  }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code& error) {
    return refuse("is a larger number than any that is taken here", error);
  }
  bool on_double(double value, json::string_view, json::error_code& error) {
    return add(value, error);
  }
  bool on_bool(bool value, json::error_code& error) { return add(value, error); }
  bool on_null(json::error_code& error) {
    return refuse("is null, which stands for nothing here; leave it out", error);
  }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  /// An object or list that has begun and not ended.
  struct Open {
    toml::node* node = nullptr;
    std::size_t part = 0;
    std::size_t elements = 0;  ///< of a list, so far
  };

  static bool append(std::string& text, json::string_view part) {
    text.append(part.data(), part.size());
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  /// The path to the value that comes next.
  JsonDocument::Part nextPart() {
    const Open& parent = open_.back();
    if (parent.node->is_array()) return {parent.part, true, parent.elements, {}};
    return {parent.part, false, 0, pathPart(key_)};
  }

  bool refuse(std::string message, json::error_code& error) {
    DocumentError refusal{{}, std::move(message)};
    if (!open_.empty()) {
      document_->parts_.push_back(nextPart());
      refusal.path = document_->pathOf({document_->parts_.size(), 1});
    }
    refusal_ = std::move(refusal);
    error = json::error::syntax;  // of no account: the refusal is what is reported
    return false;
  }

  /// Adds a value; nothing, and `error`, if it cannot be.
  template <class T>
  toml::node* insert(T value, json::error_code& error) {
    if (open_.empty()) {
      refuse("the document must be an object, such as {}", error);
      return nullptr;
    }
    if (document_->parts_.size() > kMostValues) {
      refuse("the document holds more than " + std::to_string(kMostValues) + " values", error);
      return nullptr;
    }
    const std::size_t index = document_->parts_.size();
    document_->parts_.push_back(nextPart());
    Open& parent = open_.back();
    toml::node* node = nullptr;
    if (toml::array* list = parent.node->as_array()) {
      list->push_back(std::move(value));
      node = &list->back();
      ++parent.elements;
    } else {
      const toml::key key(std::exchange(key_, {}), regionOf(index));
      node = &parent.node->as_table()->insert_or_assign(key, std::move(value)).first->second;
    }
    document_->places_.emplace(node, index);
    return node;
  }

  template <class T>
  bool add(T value, json::error_code& error) {
    return insert(std::move(value), error) != nullptr;
  }

  template <class T>
  bool open(T empty, json::error_code& error) {
    toml::node* node = insert(std::move(empty), error);
    if (node == nullptr) return false;
    open_.push_back({node, document_->parts_.size() - 1, 0});
    return true;
  }

  std::unique_ptr<JsonDocument> document_;
  std::vector<Open> open_;
  std::string key_;   ///< of the value that comes next
  std::string text_;  ///< the string that is being read, so far
  std::optional<DocumentError> refusal_;
};

namespace {

DocumentError syntaxError(std::string_view text, std::size_t at, const json::error_code& error) {
  if (error == json::error::too_deep) {
    return {{}, "the document nests deeper than " + std::to_string(kDeepestNesting) + " levels"};
  }
  const std::string_view before = text.substr(0, at);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t column = at - (before.rfind('\n') + 1) + 1;
  return {{},
          "the document is not JSON (RFC 8259): " + error.message() + ", at line " +
              std::to_string(line) + ", byte " + std::to_string(column)};
}

}  // namespace

Result<std::unique_ptr<JsonDocument>, DocumentError> JsonDocument::parse(std::string_view text) {
  if (text.size() > kLargestDocument.bytes()) {
    return DocumentError{{},
                         "the document has " + std::to_string(text.size()) + " bytes; at most " +
                             kLargestDocument.text() + " are taken"};
  }
  json::parse_options options;
  options.max_depth = kDeepestNesting;
  json::basic_parser<JsonDocumentBuilder> parser(options);
  json::error_code error;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (parser.handler().refusal()) return *parser.handler().refusal();
  if (!error && used < text.size()) error = json::error::extra_data;
  if (error) return syntaxError(text, used, error);
  return parser.handler().take();
}

std::string JsonDocument::pathOf(TextPosition where) const {
  if (where.line == 0 || where.line > parts_.size()) return {};
  std::vector<const Part*> way;  // from the value up, without the document itself
  for (std::size_t i = where.line - 1; i != 0; i = parts_[i].parent) way.push_back(&parts_[i]);
  std::string path;
  for (auto part = way.rbegin(); part != way.rend(); ++part) {
    if ((*part)->isElement) {
      path.append("[").append(std::to_string((*part)->index)).append("]");
    } else {
      path.append(path.empty() ? "" : ".").append((*part)->key);
    }
  }
  return path;
}

TextPosition JsonDocument::positionOf(const toml::node& node) const {
  const auto place = places_.find(&node);
  if (place == places_.end()) return {};
  return {place->second + 1, 1};
}

std::string JsonDocument::placeOf(TextPosition where) const {
  return "at " + pathOf(where);
}

std::string JsonDocument::entry(std::string_view key, std::string_view value) const {
  const std::string name = key.starts_with('"') ? std::string(key) : inQuotes(key);
  return name + ": " + std::string(value);
}

std::string_view JsonDocument::table() const {
  return "an object";
}

std::string JsonDocument::tableForm(std::string_view) const {
  return "an object";
}

std::string JsonDocument::tablesForm(std::string_view) const {
  return "a list of objects";
}

std::string JsonDocument::insideTable(std::string_view key, std::string_view) const {
  return "in " + std::string(key);
}

}  // namespace skiff
