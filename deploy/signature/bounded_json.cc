#include "deploy/signature/bounded_json.h"

#include <boost/json/parse.hpp>
#include <boost/json/parse_options.hpp>
#include <string>

namespace skiff {

namespace json = boost::json;

Result<json::value> parseSignatureJson(std::string_view text, std::string_view what) {
  if (text.size() > kLargestSignatureJson.bytes()) {
    return Error{std::string(what) + " has " + std::to_string(text.size()) + " bytes; at most " +
                 kLargestSignatureJson.text() + " are looked at"};
  }
  json::parse_options options;
  options.max_depth = kDeepestSignatureJson;
  json::error_code error;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (error) return Error{std::string(what) + " is not JSON: " + error.message()};
  return value;
}

const json::value* valueAt(const json::value& value, std::initializer_list<std::string_view> path) {
  const json::value* found = &value;
  for (const std::string_view key : path) {
    const json::object* object = found->if_object();
    found = object == nullptr ? nullptr : object->if_contains({key.data(), key.size()});
    if (found == nullptr) return nullptr;
  }
  return found;
}

std::string_view textAt(const json::value& value, std::initializer_list<std::string_view> path) {
  const json::value* found = valueAt(value, path);
  const json::string* text = found == nullptr ? nullptr : found->if_string();
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

const json::array& listAt(const json::value& value, std::initializer_list<std::string_view> path) {
  static const json::array empty;
  const json::value* found = valueAt(value, path);
  const json::array* list = found == nullptr ? nullptr : found->if_array();
  return list == nullptr ? empty : *list;
}

}  // namespace skiff
