#include "json_body.h"

#include <rapidjson/error/en.h>

#include <cstdio>

#include "request.h"

namespace api {
namespace {

std::string shortNumber(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", number);
  return text;
}

}  // namespace

bool readJsonBody(rapidjson::Document& document) {
  if (!hasJsonBody()) {
    answerProblem(415, "Unsupported Media Type", "send Content-Type: application/json");
    return false;
  }
  std::string body;
  if (!readBody(body)) {
    answerProblem(413, "Content Too Large", "a body may have 256 KiB");
    return false;
  }
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag |
                              rapidjson::kParseValidateEncodingFlag |
                              rapidjson::kParseFullPrecisionFlag;
  document.Parse<kFlags>(body.data(), body.size());
  if (document.HasParseError()) {
    answerProblem(400, "Bad Request",
                  std::string(rapidjson::GetParseError_En(document.GetParseError())) +
                      " (at byte " + std::to_string(document.GetErrorOffset()) + ")");
    return false;
  }
  if (!document.IsObject()) {
    answerProblem(400, "Bad Request", "the body is not a JSON object");
    return false;
  }
  return true;
}

void Fields::note(const char* name, std::string detail) {
  invalid_.push_back({pointerTo(name), std::move(detail)});
}

const rapidjson::Value* Fields::find(const char* name) {
  const auto member = value_.FindMember(name);
  if (member != value_.MemberEnd()) return &member->value;
  note(name, "is missing");
  return nullptr;
}

double Fields::number(const char* name, double least, double most) {
  const rapidjson::Value* value = find(name);
  if (!value) return least;
  if (value->IsNumber() && value->GetDouble() >= least && value->GetDouble() <= most) {
    return value->GetDouble();
  }
  note(name, "must be a number from " + shortNumber(least) + " to " + shortNumber(most));
  return least;
}

std::int64_t Fields::wholeNumber(const char* name, std::int64_t least, std::int64_t most,
                                 std::int64_t otherwise) {
  if (!value_.HasMember(name)) return otherwise;
  const rapidjson::Value& value = value_[name];
  if (value.IsInt64() && value.GetInt64() >= least && value.GetInt64() <= most) {
    return value.GetInt64();
  }
  note(name,
       "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return otherwise;
}

std::string_view Fields::text(const char* name, std::size_t most) {
  const rapidjson::Value* value = find(name);
  if (!value) return {};
  if (value->IsString() && value->GetStringLength() <= most) {
    return {value->GetString(), value->GetStringLength()};
  }
  note(name, "must be a text of at most " + std::to_string(most) + " bytes");
  return {};
}

const rapidjson::Value* Fields::objects(const char* name, std::size_t most) {
  const rapidjson::Value* value = find(name);
  if (!value) return nullptr;
  bool good = value->IsArray() && !value->Empty() && value->Size() <= most;
  for (rapidjson::SizeType i = 0; good && i < value->Size(); ++i) good = (*value)[i].IsObject();
  if (good) return value;
  note(name, "must be an array of 1 to " + std::to_string(most) + " objects");
  return nullptr;
}

void answerInvalid(const std::vector<Invalid>& invalid) {
  answerProblem(422, "Unprocessable Content", "the body is not valid; see errors", invalid);
}

}  // namespace api
