#include "server/api/json_io.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "config/printable.h"

namespace skiff {
namespace {

constexpr std::size_t kDeepest = 32;

}  // namespace

namespace json = boost::json;

ApiResult<json::object> parseObject(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == text.npos) return json::object();
  json::parse_options options;
  options.max_depth = kDeepest;
  json::error_code error;
  json::value value = json::parse(text, error, {}, options);
  if (error) {
    return ApiProblem{ProblemCode::badRequest,
                      "The body is not JSON (RFC 8259): " + error.message() +
                          "; send one object, at most 32 levels deep."};
  }
  if (!value.is_object()) {
    return ApiProblem{ProblemCode::badRequest, "The body is not a JSON object; send one: {…}."};
  }
  return std::move(value.get_object());
}

void reportUnknownKeys(const json::object& object, std::string_view within,
                       std::initializer_list<std::string_view> known,
                       std::vector<KeyProblem>& errors) {
  for (const auto& entry : object) {
    const std::string_view key(entry.key().data(), entry.key().size());
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    std::string list;
    for (const std::string_view name : known) list.append(list.empty() ? "" : ", ").append(name);
    errors.push_back({std::string(within) + printable(key).substr(0, 128),
                      "is not known; there are " + list + "."});
    if (errors.size() >= 100) return;
  }
}

ApiProblem invalidProblem(std::vector<KeyProblem> errors) {
  ApiProblem problem{ProblemCode::invalid,
                     errors.size() == 1
                         ? errors.front().key + ": " + errors.front().message
                         : std::to_string(errors.size()) + " keys are wrong; see errors."};
  problem.errors = std::move(errors);
  return problem;
}

ApiProblem invalidProblem(std::string key, std::string message) {
  std::vector<KeyProblem> errors;
  errors.push_back({std::move(key), std::move(message)});
  return invalidProblem(std::move(errors));
}

json::value timeValue(UnixMilliseconds time) {
  if (time == 0) return nullptr;
  const std::chrono::sys_time<std::chrono::milliseconds> at{std::chrono::milliseconds(time)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(at - day);
  std::array<char, 64> text;
  const int size = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()));
  return json::string(json::string_view(text.data(), static_cast<std::size_t>(size)));
}

json::value textOrNull(std::string_view text) {
  if (text.empty()) return nullptr;
  return json::string(text);
}

json::value parseOwn(std::string_view text) {
  if (text.empty()) return nullptr;
  json::error_code error;
  json::value value = json::parse(text, error);
  return error ? json::value(nullptr) : value;
}

}  // namespace skiff
