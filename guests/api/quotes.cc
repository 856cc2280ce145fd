// What it costs to ship parcels, by a tariff such as carriers publish: zones, a price for the first
// kilogram and for each further half, weight by volume for what is light and large.
#include <algorithm>
#include <cmath>

#include "handlers.h"
#include "json_body.h"
#include "response.h"

namespace api {
namespace {

constexpr double kVolumePerKilogram = 5000;  ///< cm3, as air carriers count
constexpr std::size_t kMaxParcels = 20;
constexpr double kLongEdge = 120;  ///< cm, from which a parcel is bulky
constexpr std::int64_t kBulkyCents = 1200;
constexpr std::int64_t kInsurancePerMille = 8;

enum Zone : std::size_t { kDomestic, kUnion, kWorld };

struct Service {
  std::string_view name;
  struct Price {
    std::int64_t firstKilogram, furtherHalf;  ///< cents
    unsigned leastDays, mostDays;
  } zones[3];
};

constexpr Service kServices[] = {
    {"economy", {{495, 45, 2, 3}, {1095, 95, 4, 6}, {2495, 420, 9, 18}}},
    {"express", {{995, 60, 1, 1}, {2495, 180, 1, 2}, {4995, 640, 2, 4}}},
};

constexpr std::string_view kUnionCountries[] = {
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
    "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"};

bool isInUnion(std::string_view country) {
  return std::find(std::begin(kUnionCountries), std::end(kUnionCountries), country) !=
         std::end(kUnionCountries);
}

Zone zoneOf(std::string_view from, std::string_view to) {
  if (from == to) return kDomestic;
  return isInUnion(from) && isInUnion(to) ? kUnion : kWorld;
}

struct Parcel {
  std::int64_t halfKilograms = 0;  ///< that are charged
  bool isBulky = false;
};

std::string_view readCountry(Fields& fields, const char* name) {
  const std::string_view code = fields.text(name, 2);
  const auto isLetter = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (!code.empty() && (code.size() != 2 || !isLetter(code[0]) || !isLetter(code[1]))) {
    fields.note(name, "must be a country's two letters, as ISO 3166 has them");
  }
  return code;
}

Parcel readParcel(Fields fields) {
  const double length = fields.number("length_cm", 1, 300);
  const double width = fields.number("width_cm", 1, 300);
  const double height = fields.number("height_cm", 1, 300);
  const double weight = fields.number("weight_kg", 0.01, 70);
  const double charged = std::max(weight, length * width * height / kVolumePerKilogram);
  return {static_cast<std::int64_t>(std::ceil(charged * 2)),
          std::max({length, width, height}) > kLongEdge};
}

std::int64_t priceOf(const Parcel& parcel, const Service::Price& price) {
  const std::int64_t further = std::max<std::int64_t>(parcel.halfKilograms - 2, 0);
  return price.firstKilogram + further * price.furtherHalf + (parcel.isBulky ? kBulkyCents : 0);
}

void writeQuote(JsonWriter& json, const Service& service, Zone zone,
                const std::vector<Parcel>& parcels, std::int64_t insured) {
  const Service::Price& price = service.zones[zone];
  std::int64_t cents = (insured * kInsurancePerMille + 999) / 1000;
  for (const Parcel& parcel : parcels) cents += priceOf(parcel, price);
  json.StartObject();
  writeKey(json, "service");
  writeText(json, service.name);
  writeKey(json, "price_cents");
  json.Int64(cents);
  writeKey(json, "days");
  json.StartArray();
  json.Uint(price.leastDays);
  json.Uint(price.mostDays);
  json.EndArray();
  json.EndObject();
}

}  // namespace

void quoteShipping(const Request&) {
  rapidjson::Document document;
  if (!readJsonBody(document)) return;
  std::vector<Invalid> invalid;
  Fields fields(document, "", invalid);
  const std::string_view from = readCountry(fields, "from");
  const std::string_view to = readCountry(fields, "to");
  const std::int64_t insured = fields.wholeNumber("insured_cents", 0, 1'000'000, 0);
  std::vector<Parcel> parcels;
  if (const rapidjson::Value* list = fields.objects("parcels", kMaxParcels)) {
    for (rapidjson::SizeType i = 0; i < list->Size(); ++i) {
      parcels.push_back(readParcel(
          Fields((*list)[i], fields.pointerTo("parcels") + "/" + std::to_string(i), invalid)));
    }
  }
  if (!invalid.empty()) {
    answerInvalid(invalid);
    return;
  }
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.StartObject();
  writeKey(json, "quotes");
  json.StartArray();
  const Zone zone = zoneOf(from, to);
  for (const Service& service : kServices) writeQuote(json, service, zone, parcels, insured);
  json.EndArray();
  json.EndObject();
  answer(buffer);
}

}  // namespace api
