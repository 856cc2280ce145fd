#include "tests/server/api/schema_check.h"

#include <algorithm>
#include <regex>
#include <set>

namespace skiff::testing {

namespace json = boost::json;

namespace {

bool isOfType(const json::value& value, std::string_view type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_int64() || value.is_uint64();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_bool();
  if (type == "null") return value.is_null();
  return false;
}

const std::set<std::string_view> kKnown{
    "type",     "description", "properties", "required", "additionalProperties",
    "items",    "enum",        "pattern",    "minimum",  "maximum",
    "minItems", "maxItems",    "maxLength",  "oneOf",    "$ref",
    "default",  "example"};

}  // namespace

const json::value* SchemaCheck::resolve(std::string_view reference) const {
  if (!reference.starts_with("#/")) return nullptr;
  json::error_code error;
  return document_.find_pointer(reference.substr(1), error);
}

std::string SchemaCheck::check(const json::value& value, std::string_view schemaName) const {
  const json::value* schema = resolve("#/components/schemas/" + std::string(schemaName));
  if (!schema) return "there is no schema " + std::string(schemaName);
  return check(value, *schema, std::string(schemaName));
}

std::string SchemaCheck::check(const json::value& value, const json::value& any,
                               const std::string& where) const {
  const json::object& schema = any.as_object();
  for (const auto& entry : schema) {
    const std::string_view key(entry.key().data(), entry.key().size());
    if (!kKnown.contains(key)) return where + ": the keyword " + std::string(key);
  }
  if (const json::value* reference = schema.if_contains("$ref")) {
    const json::value* target = resolve(std::string(reference->as_string()));
    if (!target) return where + ": $ref leads nowhere";
    return check(value, *target, where);
  }
  if (const json::value* options = schema.if_contains("oneOf")) {
    const auto fitting = std::count_if(
        options->as_array().begin(), options->as_array().end(),
        [&](const json::value& option) { return check(value, option, where).empty(); });
    if (fitting != 1) {
      return where + ": fits " + std::to_string(fitting) + " of oneOf: " + json::serialize(value);
    }
  }
  const json::value* type = schema.if_contains("type");
  if (type && !isOfType(value, std::string_view(type->as_string()))) {
    return where + ": is no " + std::string(type->as_string()) + ": " + json::serialize(value);
  }
  if (const json::value* words = schema.if_contains("enum")) {
    const json::array& all = words->as_array();
    if (std::find(all.begin(), all.end(), value) == all.end()) {
      return where + ": is none of enum: " + json::serialize(value);
    }
  }
  if (value.is_string()) {
    const std::string text(value.as_string());
    const json::value* pattern = schema.if_contains("pattern");
    if (pattern && !std::regex_search(text, std::regex(std::string(pattern->as_string())))) {
      return where + ": does not match its pattern: " + text;
    }
    const json::value* longest = schema.if_contains("maxLength");
    if (longest && text.size() > longest->to_number<std::size_t>()) return where + ": is too long";
  }
  if (value.is_number()) {
    const json::value* least = schema.if_contains("minimum");
    const json::value* most = schema.if_contains("maximum");
    const double number = value.to_number<double>();
    if ((least && number < least->to_number<double>()) ||
        (most && number > most->to_number<double>())) {
      return where + ": is out of bounds: " + json::serialize(value);
    }
  }
  if (const json::array* items = value.if_array()) {
    const json::value* least = schema.if_contains("minItems");
    const json::value* most = schema.if_contains("maxItems");
    if ((least && items->size() < least->to_number<std::size_t>()) ||
        (most && items->size() > most->to_number<std::size_t>())) {
      return where + ": has " + std::to_string(items->size()) + " items";
    }
    if (const json::value* schemaOfItems = schema.if_contains("items")) {
      for (std::size_t i = 0; i < items->size(); ++i) {
        const std::string wrong =
            check((*items)[i], *schemaOfItems, where + "[" + std::to_string(i) + "]");
        if (!wrong.empty()) return wrong;
      }
    }
  }
  if (const json::object* object = value.if_object()) return checkObject(*object, schema, where);
  return {};
}

std::string SchemaCheck::checkObject(const json::object& value, const json::object& schema,
                                     const std::string& where) const {
  if (const json::value* required = schema.if_contains("required")) {
    for (const json::value& key : required->as_array()) {
      if (!value.contains(key.as_string())) {
        return where + ": lacks " + std::string(key.as_string());
      }
    }
  }
  const json::value* properties = schema.if_contains("properties");
  const json::value* others = schema.if_contains("additionalProperties");
  for (const auto& entry : value) {
    const std::string inside = where + "." + std::string(entry.key());
    const json::value* property =
        properties ? properties->as_object().if_contains(entry.key()) : nullptr;
    if (!property && others && others->is_bool()) {
      if (!others->as_bool()) return inside + ": is not known";
      continue;
    }
    const json::value* of = property ? property : others;
    if (!of) continue;
    const std::string wrong = check(entry.value(), *of, inside);
    if (!wrong.empty()) return wrong;
  }
  return {};
}

}  // namespace skiff::testing
