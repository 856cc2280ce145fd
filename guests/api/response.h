#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <string>
#include <string_view>
#include <vector>

namespace api {

using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;

/// Writes a key or a text that is not NUL-terminated.
void writeKey(JsonWriter& json, std::string_view key);
void writeText(JsonWriter& json, std::string_view text);

/// One thing that is wrong with a body.
struct Invalid {
  std::string pointer;  ///< to the value, as RFC 6901 has it: "/parcels/0/weight_kg"
  std::string detail;   ///< "is missing"
};

/// Sends the finished JSON as the answer.
void answer(const rapidjson::StringBuffer& json);

/// Answers with an RFC 9457 problem. `invalid` becomes its `errors`.
void answerProblem(unsigned status, std::string_view title, std::string_view detail,
                   const std::vector<Invalid>& invalid = {});

}  // namespace api
