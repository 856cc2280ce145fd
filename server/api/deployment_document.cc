#include <cmath>

#include "server/api/json_io.h"
#include "server/api/settings.h"

namespace skiff {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostEntries = 16;
constexpr std::int64_t kLargestWeight = 10'000;
constexpr std::size_t kLongestStickyName = 128;
constexpr std::int64_t kLongestWindow = 3'600;
constexpr std::int64_t kMostRequests = 1'000'000;

/// A token of RFC 9110, section 5.6.2: what names of fields and of cookies consist of.
bool isToken(std::string_view text) {
  constexpr std::string_view kPunctuation = "!#$%&'*+-.^_`|~";
  for (const char c : text) {
    const bool isAlphanumeric =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!isAlphanumeric && kPunctuation.find(c) == kPunctuation.npos) return false;
  }
  return !text.empty();
}

bool isVersionBeginning(std::string_view text) {
  return text.size() >= 4 && text.size() <= 64 &&
         text.find_first_not_of("0123456789abcdef") == text.npos;
}

void readEntry(const json::value& value, const std::string& key, DeploymentDocument& document,
               std::vector<KeyProblem>& errors) {
  const json::object* entry = value.if_object();
  if (!entry) {
    errors.push_back({key, "is no object; write {\"version\":\"…\",\"weight\":100}."});
    return;
  }
  reportUnknownKeys(*entry, key + ".", {"version", "weight"}, errors);
  SplitEntry split;
  const json::value* version = entry->if_contains("version");
  if (version && version->is_string() && isVersionBeginning(version->get_string())) {
    split.version = version->get_string().c_str();
  } else {
    errors.push_back(
        {key + ".version", "must be a version's name, or its first 4 hexadecimal digits or more."});
  }
  const json::value* weight = entry->if_contains("weight");
  json::error_code error;
  const std::int64_t number = weight ? weight->to_number<std::int64_t>(error) : -1;
  if (!weight || !weight->is_number() || error || number < 0 || number > kLargestWeight) {
    errors.push_back({key + ".weight", "must be a whole number from 0 to 10000."});
  } else {
    split.weight = static_cast<std::uint32_t>(number);
  }
  document.split.push_back(std::move(split));
}

void readSplit(const json::object& object, DeploymentDocument& document,
               std::vector<KeyProblem>& errors) {
  const json::value* split = object.if_contains("split");
  const json::array* entries = split ? split->if_array() : nullptr;
  if (!entries || entries->empty() || entries->size() > kMostEntries) {
    errors.push_back(
        {"split", "must list 1 to 16 versions: [{\"version\":\"…\",\"weight\":100}]."});
    return;
  }
  const std::size_t before = errors.size();
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < entries->size(); ++i) {
    readEntry((*entries)[i], "split[" + std::to_string(i) + "]", document, errors);
  }
  for (const SplitEntry& entry : document.split) total += entry.weight;
  if (total == 0 && errors.size() == before) {
    errors.push_back({"split", "must give at least one version a weight above 0."});
  }
}

/// A number within its bounds; `rest` stays as it is if there is none.
template <class T>
void readNumber(const json::object& object, const char* key, T least, T most, T& into,
                std::vector<KeyProblem>& errors) {
  const json::value* value = object.if_contains(key);
  if (!value) return;
  json::error_code error;
  const T number = value->is_number() ? value->to_number<T>(error) : most + 1;
  if (error || !(number >= least && number <= most)) {
    json::value bounds{least, most};
    errors.push_back({std::string("auto_rollback.") + key,
                      "must be a number from " + json::serialize(bounds.at(0)) + " to " +
                          json::serialize(bounds.at(1)) + "."});
    return;
  }
  into = number;
}

void readAutoRollback(const json::value& value, DeploymentDocument& document,
                      std::vector<KeyProblem>& errors) {
  if (value.is_null() || value == json::value(false)) return;
  const json::object none;
  const json::object* object = value == json::value(true) ? &none : value.if_object();
  if (!object) {
    errors.push_back({"auto_rollback",
                      "must be true, or {\"margin\":0.05,\"window_s\":60,\"min_requests\":20}."});
    return;
  }
  reportUnknownKeys(*object, "auto_rollback.", {"margin", "window_s", "min_requests"}, errors);
  double margin = 0.05;
  std::int64_t window = 60;
  std::int64_t requests = 20;
  readNumber(*object, "margin", 0.0, 1.0, margin, errors);
  readNumber<std::int64_t>(*object, "window_s", 1, kLongestWindow, window, errors);
  readNumber<std::int64_t>(*object, "min_requests", 1, kMostRequests, requests, errors);
  document.autoRollback = json::serialize(
      json::object{{"margin", margin}, {"window_s", window}, {"min_requests", requests}});
}

}  // namespace

ApiResult<DeploymentDocument> readDeploymentDocument(std::string_view text) {
  const auto object = parseObject(text);
  if (object.has_error()) return object.error();
  DeploymentDocument document;
  std::vector<KeyProblem> errors;
  reportUnknownKeys(*object, "", {"split", "sticky", "auto_rollback"}, errors);
  readSplit(*object, document, errors);
  if (const json::value* sticky = object->if_contains("sticky"); sticky && !sticky->is_null()) {
    if (sticky->is_string()) document.sticky = sticky->get_string().c_str();
    if (document.sticky.empty() || !parseStickyKey(document.sticky)) {
      errors.push_back({"sticky", "must be \"cookie:NAME\", \"header:NAME\" or \"ip\"."});
    }
  }
  if (const json::value* back = object->if_contains("auto_rollback")) {
    readAutoRollback(*back, document, errors);
  }
  if (!errors.empty()) return invalidProblem(std::move(errors));
  return document;
}

std::optional<StickyKey> parseStickyKey(std::string_view text) {
  if (text.empty()) return StickyKey{};
  if (text == "ip") return StickyKey{.kind = StickyKey::Kind::ip, .name = {}};
  const std::size_t colon = text.find(':');
  if (colon == text.npos) return std::nullopt;
  const std::string_view name = text.substr(colon + 1);
  if (!isToken(name) || name.size() > kLongestStickyName) return std::nullopt;
  if (text.substr(0, colon) == "cookie") {
    return StickyKey{.kind = StickyKey::Kind::cookie, .name = std::string(name)};
  }
  if (text.substr(0, colon) == "header") {
    return StickyKey{.kind = StickyKey::Kind::header, .name = std::string(name)};
  }
  return std::nullopt;
}

std::optional<AutoRollback> parseAutoRollback(std::string_view text) {
  const json::value value = parseOwn(text);
  const json::object* object = value.if_object();
  if (!object) return std::nullopt;
  AutoRollback back;
  json::error_code error;
  if (const json::value* margin = object->if_contains("margin")) {
    back.margin = margin->to_number<double>(error);
  }
  if (const json::value* window = object->if_contains("window_s")) {
    back.window = std::chrono::seconds(window->to_number<std::uint32_t>(error));
  }
  if (const json::value* requests = object->if_contains("min_requests")) {
    back.minRequests = requests->to_number<std::uint32_t>(error);
  }
  return back;
}

}  // namespace skiff
