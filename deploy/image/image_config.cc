#include "deploy/image/image_config.h"

#include <boost/json.hpp>

#include "config/printable.h"
#include "deploy/image/tree_walk.h"

namespace skiff {
namespace {

namespace json = boost::json;

ImageError wrong(std::string what) {
  return {ImageError::Kind::config, "the image's config " + std::move(what)};
}

/// Docker writes null for what is not set.
const json::value* member(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(name);
  return found && !found->is_null() ? found : nullptr;
}

ImageResult<std::string> textOf(const json::value& value, std::string_view name) {
  const json::string* const text = value.if_string();
  if (!text) return wrong("has a " + std::string(name) + " that is not a string");
  if (text->find('\0') != json::string::npos) {
    return wrong("has a NUL in its " + std::string(name) + ", which no program can be given");
  }
  return std::string(*text);
}

ImageResult<std::string> text(const json::object& object, std::string_view name) {
  const json::value* const value = member(object, name);
  return value ? textOf(*value, name) : std::string();
}

ImageResult<std::vector<std::string>> texts(const json::object& object, std::string_view name) {
  std::vector<std::string> all;
  const json::value* const value = member(object, name);
  if (!value) return all;
  const json::array* const array = value->if_array();
  if (!array) return wrong("has a " + std::string(name) + " that is not a list of strings");
  if (array->size() > ImageConfig::kMostStrings) {
    return wrong("has " + std::to_string(array->size()) + " strings in its " + std::string(name) +
                 "; at most " + std::to_string(ImageConfig::kMostStrings) + " are allowed");
  }
  for (const json::value& each : *array) {
    auto one = textOf(each, name);
    if (one.has_error()) return one.error();
    all.push_back(*std::move(one));
  }
  return all;
}

/// From the root, where ".." leads to the root.
std::string absoluteFolder(std::string_view path) {
  PathParts parts;
  for (std::string& part : splitPath(path)) {
    if (part != "..") {
      parts.push_back(std::move(part));
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  std::string whole;
  for (const std::string& part : parts) whole += '/' + part;
  return whole.empty() ? "/" : whole;
}

ImageResult<json::object> parseObject(std::string_view bytes) {
  if (bytes.size() > ImageConfig::kMostBytes.bytes()) {
    return wrong("has more than " + ImageConfig::kMostBytes.text());
  }
  json::error_code error;
  json::parse_options options;
  options.max_depth = 32;
  json::value parsed =
      json::parse(json::string_view(bytes.data(), bytes.size()), error, {}, options);
  if (error) return wrong("is not JSON: " + error.message());
  if (!parsed.is_object()) return wrong("is not a JSON object");
  return std::move(parsed.as_object());
}

/// "A=b"; what has no "=" has no value.
ImageResult<std::vector<std::pair<std::string, std::string>>> environmentOf(
    const std::vector<std::string>& lines) {
  std::vector<std::pair<std::string, std::string>> variables;
  for (const std::string& line : lines) {
    const std::size_t equals = std::min(line.find('='), line.size());
    if (equals == 0) return wrong("has a variable without a name in its Env: " + inQuotes(line));
    variables.emplace_back(line.substr(0, equals),
                           equals < line.size() ? line.substr(equals + 1) : "");
  }
  return variables;
}

}  // namespace

ImageResult<ImageConfig> ImageConfig::parse(std::string_view bytes) {
  auto image = parseObject(bytes);
  if (image.has_error()) return image.error();
  ImageConfig config;
  json::object run;
  if (const json::value* const value = member(*image, "config")) {
    if (!value->is_object()) return wrong("has a \"config\" that is not an object");
    run = value->get_object();
  }
  auto os = text(*image, "os");
  if (os.has_error()) return os.error();
  auto architecture = text(*image, "architecture");
  if (architecture.has_error()) return architecture.error();
  auto folder = text(run, "WorkingDir");
  if (folder.has_error()) return folder.error();
  auto entrypoint = texts(run, "Entrypoint");
  if (entrypoint.has_error()) return entrypoint.error();
  auto command = texts(run, "Cmd");
  if (command.has_error()) return command.error();
  const auto lines = texts(run, "Env");
  if (lines.has_error()) return lines.error();
  auto environment = environmentOf(*lines);
  if (environment.has_error()) return environment.error();

  config.os = *std::move(os);
  config.architecture = *std::move(architecture);
  config.workingFolder = absoluteFolder(*folder);
  config.entrypoint = *std::move(entrypoint);
  config.command = *std::move(command);
  config.environment = *std::move(environment);
  return config;
}

}  // namespace skiff
