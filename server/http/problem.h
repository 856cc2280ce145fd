#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "isolate/exchange.h"
#include "quota/reason.h"

namespace skiff {

/// What a refused or killed request is told.
struct Problem {
  Reason reason = Reason::none;
  int status = 0;
  std::string_view detail;  ///< may be empty; only its first 500 bytes are shown, what is not
                            ///< printable ASCII as "?"
  std::string_view requestId;
  /// A guest's stack; as many of its lines are shown as kLargestStack has room for.
  std::span<const std::string> stack = {};
  unsigned retryAfter = 0;  ///< seconds, if more is known than what the reason says
};

/// Of a problem's stack, in bytes of JSON.
inline constexpr std::size_t kLargestStack = std::size_t{6} << 10;

/// Replaces `head` by a problem's: its status, the media type, `skiff-reason`, and Retry-After
/// where coming back later helps.
void fillProblemHead(ResponseHead& head, const Problem& problem);

/// The body: application/problem+json (RFC 9457) with `reason`, `request_id` and, if there
/// is one, `stack` (an array of strings) as extensions. Below 8 KiB.
std::string problemBody(const Problem& problem);

enum class HeadOnly : bool { no, yes };

/// Head and body as one message that ends its connection, for requests that have no exchange.
/// `head` is filled on the way.
std::string problemMessage(ResponseHead& head, const Problem& problem, HeadOnly headOnly,
                           std::string_view date);

}  // namespace skiff
