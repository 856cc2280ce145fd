#pragma once

// Internal to this folder: it includes the JSON library's headers.

#include <boost/json.hpp>
#include <initializer_list>
#include <string>
#include <string_view>

#include "deploy/catalog/records.h"
#include "server/api/problem.h"

namespace skiff {

/// A body as JSON object, at most 32 levels deep; `bad_request` if it is none. What is empty is an
/// object without keys.
ApiResult<boost::json::object> parseObject(std::string_view text);

/// Reports the keys that are none of `known`, in their order.
void reportUnknownKeys(const boost::json::object& object, std::string_view within,
                       std::initializer_list<std::string_view> known,
                       std::vector<KeyProblem>& errors);

/// `invalid`, with a detail that counts what is wrong.
ApiProblem invalidProblem(std::vector<KeyProblem> errors);
ApiProblem invalidProblem(std::string key, std::string message);

/// RFC 3339 in UTC with milliseconds; null for 0.
boost::json::value timeValue(UnixMilliseconds time);
/// The text; null if it is empty.
boost::json::value textOrNull(std::string_view text);
/// JSON text that we wrote; null if it is empty or, by a fault of the disk, none.
boost::json::value parseOwn(std::string_view text);

}  // namespace skiff
