#include "server/api/request.h"

#include <algorithm>
#include <charconv>

namespace skiff {
namespace {

std::optional<int> hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

enum class Plus : bool { isPlus, isSpace };

std::string decoded(std::string_view text, Plus plus = Plus::isSpace) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const auto high = hexDigit(text[i + 1]);
      const auto low = hexDigit(text[i + 2]);
      if (high && low) {
        result += static_cast<char>(*high << 4 | *low);
        i += 2;
        continue;
      }
    }
    result += text[i] == '+' && plus == Plus::isSpace ? ' ' : text[i];
  }
  return result;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

template <class T>
std::optional<T> parseNumber(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<std::string> queryValue(const ApiRequest& request, std::string_view name) {
  std::string_view query = request.head.target;
  const std::size_t mark = query.find('?');
  if (mark == query.npos) return std::nullopt;
  query.remove_prefix(mark + 1);
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (decoded(pair.substr(0, equals)) != name) continue;
    return equals == pair.npos ? std::string() : decoded(pair.substr(equals + 1));
  }
  return std::nullopt;
}

std::string decodedSegment(std::string_view segment) {
  return decoded(segment, Plus::isPlus);
}

ApiResult<std::int64_t> queryNumber(const ApiRequest& request, std::string_view name,
                                    std::int64_t least, std::int64_t most, std::int64_t otherwise) {
  const auto text = queryValue(request, name);
  if (!text) return otherwise;
  const auto number = parseNumber<std::int64_t>(*text);
  if (number && *number >= least && *number <= most) return *number;
  return ApiProblem{ProblemCode::badRequest,
                    "The query's " + std::string(name) + " must be a whole number from " +
                        std::to_string(least) + " to " + std::to_string(most) + "."};
}

ApiResult<std::size_t> queryLimit(const ApiRequest& request) {
  const auto limit = queryNumber(request, "limit", 1, 1'000, 100);
  if (limit.has_error()) return limit.error();
  return static_cast<std::size_t>(*limit);
}

ApiResult<Precondition> readPrecondition(const ApiHead& head) {
  const std::string_view match = trimmed(head.ifMatch);
  const std::string_view noneMatch = trimmed(head.ifNoneMatch);
  if (!match.empty() && !noneMatch.empty()) {
    return ApiProblem{ProblemCode::badRequest, "Send If-Match or If-None-Match, not both."};
  }
  if (!noneMatch.empty()) {
    if (noneMatch == "*") return Precondition{Precondition::Kind::absent, 0};
    return ApiProblem{ProblemCode::badRequest, "If-None-Match takes \"*\" here: to create only."};
  }
  if (match.empty()) return Precondition{};
  if (match == "*") return Precondition{Precondition::Kind::present, 0};
  if (match.find(',') != match.npos) {
    return ApiProblem{ProblemCode::badRequest, "If-Match takes one entity tag here."};
  }
  // Whatever is none of our tags is the tag of nothing.
  Precondition condition{Precondition::Kind::matches, -1};
  if (match.size() > 3 && match.starts_with("\"r") && match.ends_with('"')) {
    condition.revision =
        parseNumber<Revision>(match.substr(2, match.size() - 3)).value_or(Revision{-1});
  }
  return condition;
}

std::string entityTag(Revision revision) {
  return "\"r" + std::to_string(revision) + "\"";
}

}  // namespace skiff
