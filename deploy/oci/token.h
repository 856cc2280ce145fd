#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"

namespace skiff {

/// A bearer token and how long it may be used.
struct BearerToken {
  std::string value;
  std::chrono::seconds lifetime{60};
};

/// Reads a token server's answer: "token" or "access_token", and "expires_in" (60 s if it is not
/// there). The error is a reason only, and repeats nothing of the answer.
Result<BearerToken> parseTokenAnswer(std::string_view json);

/// Tokens by what they are for, a few at a time. One thread.
class TokenCache {
 public:
  using Clock = std::chrono::steady_clock;

  /// Nothing if there is none, or it is about to expire.
  std::optional<std::string> find(std::string_view key, Clock::time_point now) const;
  void put(std::string key, BearerToken token, Clock::time_point now);
  void remove(std::string_view key);

 private:
  struct Entry {
    std::string key;
    std::string value;
    Clock::time_point end;
  };
  std::vector<Entry> entries_;  ///< the oldest first
};

}  // namespace skiff
