// Parses an order in JSON (some 2 KiB), and answers with its totals, in JSON: what an API does
// most.
#define RAPIDJSON_ASSERT(condition) (void)(condition)  // what follows checks every type itself
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "http_handler.h"

namespace {

constexpr uint32_t kMaxBody = 16 << 10;

/// The request's body; its size, or more than kMaxBody if it does not fit.
uint32_t readBody(char* buffer) {
  uint32_t size = 0;
  for (;;) {
    const uint64_t part = http_read_body(HTTP_REQUEST_BODY, buffer + size, kMaxBody + 1 - size);
    size += http_low(part);
    if (http_high(part) != 0 || size > kMaxBody) return size;
  }
}

bool isItem(const rapidjson::Value& item) {
  return item.IsObject() && item.HasMember("sku") && item["sku"].IsString() &&
         item.HasMember("name") && item["name"].IsString() && item.HasMember("quantity") &&
         item["quantity"].IsUint() && item.HasMember("cents") && item["cents"].IsUint();
}

bool isOrder(const rapidjson::Document& order) {
  if (order.HasParseError() || !order.IsObject() || !order.HasMember("id") ||
      !order["id"].IsString() || !order.HasMember("items") || !order["items"].IsArray()) {
    return false;
  }
  for (const rapidjson::Value& item : order["items"].GetArray()) {
    if (!isItem(item)) return false;
  }
  return true;
}

void copy(rapidjson::Writer<rapidjson::StringBuffer>& json, const char* key,
          const rapidjson::Value& from) {
  json.Key(key);
  json.String(from[key].GetString(), from[key].GetStringLength());
}

void answerTotals(const rapidjson::Document& order) {
  rapidjson::StringBuffer buffer(nullptr, 4096);
  rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
  uint64_t quantity = 0, cents = 0;
  json.StartObject();
  copy(json, "id", order);
  json.Key("lines");
  json.StartArray();
  for (const rapidjson::Value& item : order["items"].GetArray()) {
    const uint64_t total = uint64_t{item["quantity"].GetUint()} * item["cents"].GetUint();
    json.StartObject();
    copy(json, "sku", item);
    copy(json, "name", item);
    json.Key("cents");
    json.Uint64(total);
    json.EndObject();
    quantity += item["quantity"].GetUint();
    cents += total;
  }
  json.EndArray();
  json.Key("quantity");
  json.Uint64(quantity);
  json.Key("cents");
  json.Uint64(cents);
  json.EndObject();
  HTTP_SET_HEADER(HTTP_RESPONSE_HEADERS, "content-type", "application/json");
  http_write_body(HTTP_RESPONSE_BODY, buffer.GetString(), static_cast<uint32_t>(buffer.GetSize()));
}

}  // namespace

HTTP_HANDLE_REQUEST {
  static char body[kMaxBody + 1];
  const uint32_t size = readBody(body);
  rapidjson::Document order;
  if (size <= kMaxBody) order.Parse(body, size);
  if (size <= kMaxBody && isOrder(order)) {
    answerTotals(order);
  } else {
    http_set_status_code(400);
  }
  return HTTP_DONE;
}

HTTP_HANDLE_RESPONSE(, ) {}  // nothing goes on to an origin
