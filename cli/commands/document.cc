#include "cli/commands/document.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <istream>

#include "cli/session/json_fields.h"
#include "config/printable.h"
#include "config/regular_file.h"

namespace skiff::cli {
namespace {

namespace json = boost::json;

constexpr auto kMaxDocument = 1_MiB;

Result<std::pair<std::string, std::string>> splitPair(std::string_view option,
                                                      const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos) {
    return Error{std::string(option) + " " + inQuotes(text) + " is not NAME=VALUE"};
  }
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

/// The member of that name, which becomes an object if it is none.
json::object& objectIn(json::object& document, std::string_view name) {
  json::value& value = document[name];
  if (!value.is_object()) value.emplace_object();
  return value.get_object();
}

/// A limit is a whole number, or text with a unit ("64MiB").
json::value limitValue(const std::string& text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && stop == end) return number;
  return json::value(text);
}

}  // namespace

bool DocumentChanges::isEmpty() const {
  return from.empty() && routes.empty() && env.empty() && limits.empty() && unset.empty();
}

void addDocumentOptions(CLI::App& command, DocumentChanges& changes) {
  command
      .add_option("--from", changes.from, "Begin with this JSON document (- for standard input)")
      ->type_name("FILE.json");
  command
      .add_option("--limit", changes.limits,
                  "Set a limit, as cpu_ms=50 or memory=64MiB (any number)")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command
      .add_option("--unset", changes.unset,
                  "Go back to a default: limits.cpu_ms, env.NAME, origin (any number)")
      ->type_name("KEY")
      ->allow_extra_args(false);
}

void addAppDocumentOptions(CLI::App& command, DocumentChanges& changes) {
  command
      .add_option("-r,--route", changes.routes,
                  "Requests to this host and path go to the app: web.localhost/* (any number)")
      ->type_name("HOST/PATH")
      ->allow_extra_args(false);
  command.add_option("-e,--env", changes.env, "An environment variable (any number)")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
}

Result<void> applyChanges(const DocumentChanges& changes, json::object& document) {
  for (const std::string& key : changes.unset) {
    const std::size_t dot = key.find('.');
    if (dot == std::string::npos) {
      document.erase(key);
    } else {
      objectIn(document, key.substr(0, dot)).erase(key.substr(dot + 1));
    }
  }
  if (!changes.routes.empty()) {
    document["routes"] = json::array(changes.routes.begin(), changes.routes.end());
  }
  for (const std::string& text : changes.env) {
    const auto pair = splitPair("--env", text);
    if (!pair) return pair.error();
    objectIn(document, "env")[pair->first] = pair->second;
  }
  for (const std::string& text : changes.limits) {
    const auto pair = splitPair("--limit", text);
    if (!pair) return pair.error();
    objectIn(document, "limits")[pair->first] = limitValue(pair->second);
  }
  return {};
}

Result<json::object> readDocument(const std::string& file, std::istream& in) {
  std::string text;
  if (file == "-") {
    char c = 0;
    while (text.size() <= kMaxDocument.bytes() && in.get(c)) text.push_back(c);
    if (text.size() > kMaxDocument.bytes()) return Error{"the document is larger than 1 MiB"};
  } else {
    const auto bytes = readRegularFile(file, kMaxDocument);
    if (!bytes) return Error{printable(file) + ": " + bytes.error().message};
    text.assign(bytes->begin(), bytes->end());
  }
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  const std::string name = file == "-" ? "standard input" : printable(file);
  if (error) return Error{name + " is not JSON: " + error.message()};
  if (!value.is_object()) return Error{name + " is not a JSON object"};
  return std::move(value.get_object());
}

void keepDocument(json::object& answer) {
  for (const std::string_view name :
       {"tenant", "name", "secrets", "deployment", "source", "revision", "created", "updated"}) {
    answer.erase(name);
  }
}

}  // namespace skiff::cli
