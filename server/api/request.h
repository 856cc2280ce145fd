#pragma once

// Internal to this folder: what handlers are given.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/api/api.h"
#include "server/api/caller.h"
#include "server/api/problem.h"

namespace skiff {

/// What is in the braces of a route's path; empty where it has none.
struct PathNames {
  std::string tenant;
  std::string app;
  std::string name;  ///< a secret's, a version's, a certificate's or a token's
};

struct ApiRequest {
  ApiHead head;
  Caller caller;
  PathNames path;
  std::string body;
  std::shared_ptr<EventStream> events;  ///< null: nobody wants a stream
};

struct ApiContext {
  Operations& operations;
  Api::Info info;
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
};

/// The decoded value of a query's parameter; nothing if it is not there.
std::optional<std::string> queryValue(const ApiRequest& request, std::string_view name);
/// A segment of a path without its percent-encodings.
std::string decodedSegment(std::string_view segment);
/// A whole number of the query within its bounds; `bad_request` if it is none.
ApiResult<std::int64_t> queryNumber(const ApiRequest& request, std::string_view name,
                                    std::int64_t least, std::int64_t most, std::int64_t otherwise);
/// `limit`: 1 to 1000, else 100.
ApiResult<std::size_t> queryLimit(const ApiRequest& request);

/// If-Match and If-None-Match (RFC 9110, sections 13.1.1 and 13.1.2): one entity tag of ours or
/// "*"; If-None-Match takes "*" alone.
ApiResult<Precondition> readPrecondition(const ApiHead& head);
/// `"r<revision>"`
std::string entityTag(Revision revision);

}  // namespace skiff
