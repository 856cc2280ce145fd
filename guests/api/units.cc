// Unit conversion, over a table.
#include <cmath>
#include <cstdlib>

#include "handlers.h"
#include "response.h"

namespace api {
namespace {

struct Unit {
  std::string_view name;
  std::string_view quantity;
  double factor;      ///< base units = value * factor + offset
  double offset = 0;  ///< in base units
};

/// By quantity; the first of each is its base unit.
constexpr Unit kUnits[] = {
    {"m", "length", 1},
    {"km", "length", 1000},
    {"cm", "length", 0.01},
    {"mm", "length", 0.001},
    {"in", "length", 0.0254},
    {"ft", "length", 0.3048},
    {"yd", "length", 0.9144},
    {"mi", "length", 1609.344},
    {"nmi", "length", 1852},
    {"kg", "mass", 1},
    {"g", "mass", 0.001},
    {"t", "mass", 1000},
    {"oz", "mass", 0.028349523125},
    {"lb", "mass", 0.45359237},
    {"K", "temperature", 1},
    {"C", "temperature", 1, 273.15},
    {"F", "temperature", 5.0 / 9, 459.67 * 5 / 9},
    {"l", "volume", 1},
    {"ml", "volume", 0.001},
    {"m3", "volume", 1000},
    {"gal", "volume", 3.785411784},
    {"m/s", "speed", 1},
    {"km/h", "speed", 1 / 3.6},
    {"mph", "speed", 0.44704},
    {"kn", "speed", 1852.0 / 3600},
};

const Unit* findUnit(std::string_view name) {
  for (const Unit& unit : kUnits) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

/// False unless the whole text is one finite number.
bool readNumber(const std::string& text, double& number) {
  char* end = nullptr;
  number = std::strtod(text.c_str(), &end);
  const bool beginsWell =
      !text.empty() && std::string_view("+-.0123456789").find(text[0]) != std::string_view::npos;
  return beginsWell && *end == '\0' && std::isfinite(number);
}

/// Takes the noise of binary fractions off: twelve significant digits.
double rounded(double number) {
  if (number == 0) return 0;
  const double scale = std::pow(10, 11 - std::floor(std::log10(std::fabs(number))));
  const double result = std::round(number * scale) / scale;
  return std::isfinite(result) ? result : number;
}

}  // namespace

void listUnits(const Request&) {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.StartObject();
  std::string_view quantity;
  for (const Unit& unit : kUnits) {
    if (unit.quantity != quantity) {
      if (!quantity.empty()) json.EndArray();
      quantity = unit.quantity;
      writeKey(json, quantity);
      json.StartArray();
    }
    writeText(json, unit.name);
  }
  json.EndArray();
  json.EndObject();
  answer(buffer);
}

void convert(const Request& request) {
  const Unit* from = findUnit(request.parameters[0]);
  const Unit* to = findUnit(request.parameters[1]);
  if (!from || !to) {
    answerProblem(404, "Not Found",
                  "there is no unit \"" + request.parameters[from ? 1 : 0] + "\"; see /v1/units");
    return;
  }
  if (from->quantity != to->quantity) {
    answerProblem(
        422, "Unprocessable Content",
        std::string(from->quantity) + " does not convert to " + std::string(to->quantity));
    return;
  }
  double value = 0;
  if (!readNumber(request.queryValue("value"), value)) {
    answerProblem(400, "Bad Request", "the query needs a number: ?value=12.5");
    return;
  }
  const double result = rounded((value * from->factor + from->offset - to->offset) / to->factor);
  if (!std::isfinite(result)) {
    answerProblem(422, "Unprocessable Content", "the result is beyond all numbers");
    return;
  }
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.StartObject();
  writeKey(json, "value");
  json.Double(value);
  writeKey(json, "from");
  writeText(json, from->name);
  writeKey(json, "to");
  writeText(json, to->name);
  writeKey(json, "result");
  json.Double(result);
  json.EndObject();
  answer(buffer);
}

}  // namespace api
