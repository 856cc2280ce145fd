#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/http_limits.h"

namespace skiff {

/// Feeds `bytes` to a parser as a connection does, in pieces, and lists what it made of them:
/// "head GET / a.example Host=a.example", "body hello", "end T=v", "refused 400 bad_request".
/// `nextPiece` says how many bytes come next; 0 is taken as 1. Stops at a refusal.
std::vector<std::string> replayRequests(std::string_view bytes, const HttpLimits& limits,
                                        const std::function<std::size_t()>& nextPiece);

/// In one piece.
std::vector<std::string> replayRequests(std::string_view bytes, const HttpLimits& limits = {});

}  // namespace skiff
