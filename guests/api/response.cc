#include "response.h"

#include "http_field.h"

namespace api {

void writeKey(JsonWriter& json, std::string_view key) {
  json.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
}

void writeText(JsonWriter& json, std::string_view text) {
  json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void answer(const rapidjson::StringBuffer& json) {
  http_response_field("content-type", "application/json");
  http_write_body(HTTP_RESPONSE_BODY, json.GetString(), static_cast<uint32_t>(json.GetSize()));
  http_write_text("\n");
}

void answerProblem(unsigned status, std::string_view title, std::string_view detail,
                   const std::vector<Invalid>& invalid) {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.StartObject();
  writeKey(json, "title");
  writeText(json, title);
  writeKey(json, "status");
  json.Uint(status);
  writeKey(json, "detail");
  writeText(json, detail);
  if (!invalid.empty()) {
    writeKey(json, "errors");
    json.StartArray();
    for (const Invalid& error : invalid) {
      json.StartObject();
      writeKey(json, "pointer");
      writeText(json, error.pointer);
      writeKey(json, "detail");
      writeText(json, error.detail);
      json.EndObject();
    }
    json.EndArray();
  }
  json.EndObject();
  http_set_status_code(status);
  answer(buffer);
  http_response_field("content-type", "application/problem+json");
}

}  // namespace api
