#include "cli/session/json_fields.h"

#include <boost/json.hpp>
#include <cstdio>

namespace skiff::cli {

namespace json = boost::json;

json::value parseJson(std::string_view text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  return error ? json::value() : value;
}

const json::value& member(const json::value& object, std::string_view name) {
  static const json::value kNothing;
  const json::value* found = object.is_object() ? object.get_object().if_contains(name) : nullptr;
  return found ? *found : kNothing;
}

std::string textOf(const json::value& object, std::string_view name) {
  const json::value& value = member(object, name);
  return value.is_string() ? std::string(value.get_string()) : std::string();
}

std::uint64_t countOf(const json::value& object, std::string_view name) {
  const json::value& value = member(object, name);
  if (value.is_uint64()) return value.get_uint64();
  if (value.is_int64()) return value.get_int64() < 0 ? 0 : std::uint64_t(value.get_int64());
  if (!value.is_double() || !(value.get_double() >= 0)) return 0;
  return value.get_double() < 9e18 ? static_cast<std::uint64_t>(value.get_double()) : 0;
}

bool isTrue(const json::value& object, std::string_view name) {
  const json::value& value = member(object, name);
  return value.is_bool() && value.get_bool();
}

const json::array& listOf(const json::value& object, std::string_view name) {
  static const json::array kNothing;
  const json::value& value = member(object, name);
  return value.is_array() ? value.get_array() : kNothing;
}

std::vector<std::string> textsOf(const json::value& object, std::string_view name) {
  std::vector<std::string> texts;
  for (const json::value& value : listOf(object, name)) {
    if (value.is_string()) texts.emplace_back(value.get_string());
  }
  return texts;
}

std::string jsonText(const json::value& value) {
  const std::string text = json::serialize(value);
  std::string out;
  out.reserve(text.size());
  const auto escape = [&](unsigned character) {
    char escaped[8];
    std::snprintf(escaped, sizeof escaped, "\\u%04x", character);
    out += escaped;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    if (byte == 0x7F) {
      escape(byte);
    } else if (byte == 0xC2 && next >= 0x80 && next < 0xA0) {  // U+0080 to U+009F
      escape(next);
      ++i;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

}  // namespace skiff::cli
