#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/e2e/daemon.h"

namespace skiff::e2e {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;

constexpr std::string_view kJson = "Content-Type: application/json\r\n";
constexpr std::string_view kParcel =
    R"({"length_cm": 30, "width_cm": 20, "height_cm": 10, "weight_kg": 1.2})";

std::string quote(std::string_view from, std::string_view to, std::string_view parcels,
                  std::string_view more = {}) {
  std::string text = R"({"from": ")";
  text.append(from).append(R"(", "to": ")").append(to).append(R"(", "parcels": [)");
  return text.append(parcels).append("]").append(more).append("}");
}

class TheApi : public ::testing::Test {
 protected:
  static ConfigText config() {
    ConfigText config;
    config.server = "shards = 1\n";
    config.apps = {{"api", "api", {}, {}}};
    return config;
  }
  Response ask(std::string_view method, std::string_view target, std::string_view body = {},
               std::string_view fields = {}) {
    return daemon.connect().ask(request(method, "api.test", target, body, fields));
  }
  /// Of an answer that must be a problem.
  json::object problem(const Response& response, int status) {
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(response.field("content-type"), "application/problem+json");
    const json::object parsed = json::parse(response.body).as_object();
    EXPECT_EQ(parsed.at("status").as_int64(), status);
    return parsed;
  }

  Daemon daemon{config()};
};

TEST_F(TheApi, ConvertsUnits) {
  const struct {
    const char* target;
    double result;
  } kCases[] = {
      {"/v1/convert/km/m?value=1.5", 1500},      {"/v1/convert/in/cm?value=1", 2.54},
      {"/v1/convert/C/F?value=100", 212},        {"/v1/convert/F/C?value=-40", -40},
      {"/v1/convert/K/C?value=0", -273.15},      {"/v1/convert/lb/kg?value=1e3", 453.59237},
      {"/v1/convert/km%2Fh/m%2Fs?value=36", 10}, {"/v1/convert/m/m?value=0.1&value=7", 0.1},
      {"/v1/convert/mi/km?value=%31", 1.609344}, {"/v1/convert/t/g?value=0", 0},
  };
  for (const auto& conversion : kCases) {
    SCOPED_TRACE(conversion.target);
    const Response response = ask("GET", conversion.target);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.field("content-type"), "application/json");
    EXPECT_EQ(json::parse(response.body).at("result").to_number<double>(), conversion.result);
  }
  EXPECT_THAT(ask("GET", "/v1/units").body, HasSubstr(R"("temperature":["K","C","F"])"));
}

TEST_F(TheApi, MeasuresTexts) {
  const Response response =
      ask("POST", "/v1/text", R"({"text": "The café, the\nCAT and the dog's \ud83d\ude00."})",
          "content-type: Application/JSON; charset=utf-8\r\n");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"bytes":38,"characters":34,"words":8,"lines":2,"reading_seconds":3,)"
                           R"("frequent_words":{"the":3,"and":1,"café":1,"cat":1,"dog's":1}})"
                           "\n");
  EXPECT_THAT(ask("POST", "/v1/text", R"({"text": ""})", kJson).body, HasSubstr(R"("words":0)"));
}

TEST_F(TheApi, QuotesByWeightVolumeAndZone) {
  std::string two(kParcel);
  two.append(",").append(kParcel);
  const struct {
    const char* name;
    std::string body;
    int economy, express;
  } kCases[] = {
      // 1.2 kg are three halves: one beyond the first kilogram.
      {"at home", quote("NL", "NL", kParcel), 495 + 45, 995 + 60},
      {"within the union", quote("NL", "DE", kParcel), 1095 + 95, 2495 + 180},
      {"across the world", quote("NL", "JP", kParcel), 2495 + 420, 4995 + 640},
      {"two parcels", quote("NL", "NL", two), 2 * 540, 2 * 1055},
      // 50 x 40 x 25 / 5000 = 10 kg: eighteen halves beyond the first kilogram.
      {"large and light",
       quote("NL", "NL", R"({"length_cm": 50, "width_cm": 40, "height_cm": 25, "weight_kg": 0.5})"),
       495 + 18 * 45, 995 + 18 * 60},
      {"bulky",
       quote("NL", "NL", R"({"length_cm": 121, "width_cm": 1, "height_cm": 1, "weight_kg": 1})"),
       495 + 1200, 995 + 1200},
      {"insured", quote("NL", "NL", kParcel, R"(, "insured_cents": 100001)"), 540 + 801,
       1055 + 801},
  };
  for (const auto& wanted : kCases) {
    SCOPED_TRACE(wanted.name);
    const Response response = ask("POST", "/v1/quotes", wanted.body, kJson);
    ASSERT_EQ(response.status, 200) << response.body;
    const json::value quotes = json::parse(response.body).at("quotes");
    EXPECT_EQ(quotes.at(0).at("price_cents").as_int64(), wanted.economy);
    EXPECT_EQ(quotes.at(1).at("price_cents").as_int64(), wanted.express);
  }
}

TEST_F(TheApi, SaysEverythingThatIsWrongWithABodyAtOnce) {
  const json::object answer =
      problem(ask("POST", "/v1/quotes",
                  R"({"from": "nl", "parcels": [{"length_cm": 0, "width_cm": "x", "height_cm": 1},
              {"length_cm": 1, "width_cm": 1, "height_cm": 1, "weight_kg": 1}],
              "insured_cents": 1.5})",
                  kJson),
              422);
  std::string errors;
  for (const json::value& error : answer.at("errors").as_array()) {
    errors += std::string(error.at("pointer").as_string()) + " " +
              std::string(error.at("detail").as_string()) + "\n";
  }
  EXPECT_EQ(errors,
            "/from must be a country's two letters, as ISO 3166 has them\n"
            "/to is missing\n"
            "/insured_cents must be a whole number from 0 to 1000000\n"
            "/parcels/0/length_cm must be a number from 1 to 300\n"
            "/parcels/0/width_cm must be a number from 1 to 300\n"
            "/parcels/0/weight_kg is missing\n");
}

TEST_F(TheApi, RefusesWhatItCannotRead) {
  const std::string deep(100'000, '[');
  const struct {
    const char *name, *target;
    std::string body;
    std::string_view fields;
    int status;
    const char* detail;
  } kCases[] = {
      {"no JSON", "/v1/text", "text", kJson, 400, "Invalid value. (at byte"},
      {"a cut object", "/v1/text", "{\"text\": ", kJson, 400, "(at byte 9)"},
      {"an empty body", "/v1/text", "", kJson, 400, "(at byte 0)"},
      {"more behind it", "/v1/text", "{} {}", kJson, 400, "(at byte 3)"},
      {"invalid UTF-8", "/v1/text", "{\"text\": \"\xff\"}", kJson, 400, "encoding"},
      {"a lone surrogate", "/v1/text", R"({"text": "\ud800"})", kJson, 400, "surrogate"},
      {"a number too large", "/v1/text", R"({"text": 1e999})", kJson, 400, "too big"},
      {"depth", "/v1/text", deep, kJson, 400, "(at byte 100000)"},
      {"an array", "/v1/text", "[]", kJson, 400, "not a JSON object"},
      {"a text that is none", "/v1/text", R"({"text": 5})", kJson, 422, "not valid"},
      {"a long text", "/v1/text", "{\"text\": \"" + std::string(210'000, 'a') + "\"}", kJson, 422,
       "not valid"},
      {"a large body", "/v1/text", std::string(300'000, ' '), kJson, 413, "256 KiB"},
      {"another type", "/v1/text", "{}", "Content-Type: text/plain\r\n", 415, "application/json"},
      {"no type", "/v1/text", "{}", "", 415, "application/json"},
      {"no parcels", "/v1/quotes", quote("NL", "NL", ""), kJson, 422, "not valid"},
      {"no value", "/v1/convert/m/km", "", "", 400, "?value="},
      {"a word for a value", "/v1/convert/m/km?value=one", "", "", 400, "?value="},
      {"no finite value", "/v1/convert/m/km?value=1e999", "", "", 400, "?value="},
      {"inf", "/v1/convert/m/km?value=inf", "", "", 400, "?value="},
      {"a result beyond all numbers", "/v1/convert/km/mm?value=1e308", "", "", 422, "beyond"},
      {"an unknown unit", "/v1/convert/m/furlong?value=1", "", "", 404, "furlong"},
      {"units that differ", "/v1/convert/m/kg?value=1", "", "", 422, "length does not"},
  };
  for (const auto& wrong : kCases) {
    SCOPED_TRACE(wrong.name);
    const bool isGet = std::string_view(wrong.target).starts_with("/v1/convert");
    const json::object answer =
        problem(ask(isGet ? "GET" : "POST", wrong.target, wrong.body, wrong.fields), wrong.status);
    EXPECT_THAT(std::string(answer.at("detail").as_string()), HasSubstr(wrong.detail));
  }
  EXPECT_EQ(daemon.metrics().sum("skiff_instance_resets_total", {{"how", "fresh"}}), 0)
      << "an instance's memory grew";
}

TEST_F(TheApi, KnowsWhichMethodsAPathHas) {
  const struct {
    const char *method, *target;
    int status;
    const char* allow;
  } kCases[] = {
      {"DELETE", "/v1/units", 405, "GET, HEAD, OPTIONS"},
      {"GET", "/v1/text", 405, "POST, OPTIONS"},
      {"HEAD", "/v1/quotes", 405, "POST, OPTIONS"},
      {"OPTIONS", "/v1/convert/a/b", 204, "GET, HEAD, OPTIONS"},
      {"GET", "/v1/convert/m", 404, ""},
      {"GET", "/v1/convert/m/", 404, ""},
      {"GET", "/v1/convert/m/km/", 404, ""},
      {"GET", "/v1", 404, ""},
      {"OPTIONS", "/nothing", 404, ""},
  };
  for (const auto& asked : kCases) {
    SCOPED_TRACE(std::string(asked.method) + " " + asked.target);
    Client client = daemon.connect();
    client.send(request(asked.method, "api.test", asked.target));
    const Response response = client.receive(
        std::string_view(asked.method) == "HEAD" ? Answers::toHead : Answers::toOthers);
    EXPECT_EQ(response.status, asked.status);
    EXPECT_EQ(response.field("allow"), asked.allow);
  }
  Client client = daemon.connect();
  client.send(request("HEAD", "api.test", "/v1/units"));
  EXPECT_EQ(client.receive(Answers::toHead).status, 200);
  EXPECT_THAT(ask("GET", "/").body, HasSubstr("\"POST /v1/quotes\""));
  problem(ask("GET", "/" + std::string(2100, 'a')), 414);
}

}  // namespace
}  // namespace skiff::e2e
