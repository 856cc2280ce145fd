#include "deploy/oci/token.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <utility>

namespace skiff {
namespace {

constexpr std::size_t kLongestToken = 32 << 10;
constexpr std::size_t kMostTokens = 16;
constexpr std::int64_t kLongestLifetime = 24 * 3'600;
/// So that a token does not expire on its way.
constexpr std::chrono::seconds kMargin{5};

/// RFC 6750, section 2.1: what may stand behind "Bearer".
bool isBearerToken(std::string_view text) {
  static constexpr std::string_view kOthers = "-._~+/=";
  return !text.empty() && text.size() <= kLongestToken &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  kOthers.find(c) != kOthers.npos;
         });
}

}  // namespace

Result<BearerToken> parseTokenAnswer(std::string_view json) {
  boost::system::error_code error;
  const boost::json::value document = boost::json::parse({json.data(), json.size()}, error);
  const auto* const object = document.if_object();
  if (error || object == nullptr) return Error{"is no JSON object"};
  BearerToken token;
  for (const char* const key : {"token", "access_token"}) {
    const auto* const value = object->if_contains(key);
    if (value == nullptr || !value->is_string() || value->get_string().empty()) continue;
    token.value.assign(value->get_string().data(), value->get_string().size());
    break;
  }
  if (token.value.empty()) return Error{"holds neither \"token\" nor \"access_token\""};
  if (!isBearerToken(token.value)) return Error{"holds a token that no HTTP field can carry"};
  if (const auto* const value = object->if_contains("expires_in")) {
    boost::system::error_code notNumber;
    const auto seconds = value->to_number<std::int64_t>(notNumber);
    if (!notNumber && seconds > 0) {
      token.lifetime = std::chrono::seconds(std::min(seconds, kLongestLifetime));
    }
  }
  return token;
}

std::optional<std::string> TokenCache::find(std::string_view key, Clock::time_point now) const {
  for (const Entry& entry : entries_) {
    if (entry.key == key && now + kMargin < entry.end) return entry.value;
  }
  return std::nullopt;
}

void TokenCache::put(std::string key, BearerToken token, Clock::time_point now) {
  remove(key);
  if (entries_.size() == kMostTokens) entries_.erase(entries_.begin());
  entries_.push_back({std::move(key), std::move(token.value), now + token.lifetime});
}

void TokenCache::remove(std::string_view key) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.key == key; });
}

}  // namespace skiff
