// What commands work out before they ask: splits, documents, rates.
#include <boost/json.hpp>
#include <sstream>

#include "cli/commands/app_usage.h"
#include "cli/commands/deploying.h"
#include "cli/commands/document.h"
#include "cli/commands/show.h"
#include "cli/commands/split_plan.h"
#include "cli/session/json_fields.h"
#include "tests/temporary_directory.h"

namespace skiff::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Split, IsMadeOfWeightsOrPercentages) {
  EXPECT_THAT(*parseSplit({"aa=95", "bb=5"}), ElementsAre(SplitPart{"aa", 95}, SplitPart{"bb", 5}));
  EXPECT_THAT(*parseSplit({"aa=99.5%", "bb=0.5%"}),
              ElementsAre(SplitPart{"aa", 9950}, SplitPart{"bb", 50}));
  EXPECT_TRUE(parseSplit({})->empty());
}

TEST(Split, IsRefusedWithTheReason) {
  const auto why = [](const std::vector<std::string>& words) {
    const auto parts = parseSplit(words);
    return parts ? std::string("none") : parts.error().message;
  };
  EXPECT_THAT(why({"aa"}), HasSubstr("VERSION=WEIGHT"));
  EXPECT_THAT(why({"=5"}), HasSubstr("VERSION=WEIGHT"));
  EXPECT_THAT(why({"aa=x"}), HasSubstr("whole number"));
  EXPECT_THAT(why({"aa=10001"}), HasSubstr("10000"));
  EXPECT_THAT(why({"aa=-1"}), HasSubstr("whole number"));
  EXPECT_THAT(why({"aa=95%", "bb=5"}), HasSubstr("same way"));
  EXPECT_THAT(why({"aa=95%", "bb=4%"}), HasSubstr("add up"));
}

TEST(Percentages, HaveTwoDecimalsAtMost) {
  EXPECT_EQ(*parsePercent("5"), 500U);
  EXPECT_EQ(*parsePercent("0.5%"), 50U);
  EXPECT_EQ(*parsePercent("0.05"), 5U);
  EXPECT_EQ(*parsePercent("100"), 10'000U);
  for (const std::string_view text :
       {"", "%", "100.01", "101", "-1", "1.", "1.234", "5 ", "x", "99999999999999"}) {
    EXPECT_FALSE(parsePercent(text)) << text;
  }
}

TEST(Canary, TakesFromTheOthersInProportion) {
  EXPECT_THAT(planCanary({{"aa", 100}}, "cc", 500),
              ElementsAre(SplitPart{"aa", 9500}, SplitPart{"cc", 500}));
  EXPECT_THAT(planCanary({{"aa", 2}, {"bb", 1}}, "cc", 1000),
              ElementsAre(SplitPart{"aa", 6000}, SplitPart{"bb", 3000}, SplitPart{"cc", 1000}));
}

TEST(Canary, AddsUpWhateverTheRounding) {
  const std::vector<SplitPart> plan = planCanary({{"aa", 1}, {"bb", 1}, {"dd", 1}}, "cc", 333);
  std::uint32_t sum = 0;
  for (const SplitPart& part : plan) sum += part.weight;
  EXPECT_EQ(sum, kWhole);
}

TEST(Canary, TakesAllWhereThereIsNothingElse) {
  EXPECT_THAT(planCanary({}, "cc", 500), ElementsAre(SplitPart{"cc", kWhole}));
  EXPECT_THAT(planCanary({{"cc", 100}}, "cc", 500), ElementsAre(SplitPart{"cc", kWhole}));
}

TEST(Canary, ReplacesThePartThatTheVersionHad) {
  EXPECT_THAT(planCanary({{"aa", 95}, {"cc", 5}}, "cc", 5000),
              ElementsAre(SplitPart{"aa", 5000}, SplitPart{"cc", 5000}));
  EXPECT_THAT(planCanary({{"aa", 100}}, "cc", kWhole), ElementsAre(SplitPart{"cc", kWhole}));
}

TEST(Document, IsChangedWhereItIsNamed) {
  boost::json::object document =
      parseJson(R"({"routes":["a/*"],"env":{"A":"1","B":"2"},"limits":{"cpu_ms":5},"origin":"x"})")
          .as_object();
  DocumentChanges changes;
  changes.routes = {"b/*", "c/*"};
  changes.env = {"C=x=y", "D="};
  changes.limits = {"cpu_ms=20", "memory=64MiB"};
  changes.unset = {"env.A", "origin", "limits.nothing"};
  ASSERT_TRUE(applyChanges(changes, document));
  EXPECT_EQ(parseJson(R"({"routes":["b/*","c/*"],"env":{"B":"2","C":"x=y","D":""},
                          "limits":{"cpu_ms":20,"memory":"64MiB"}})"),
            boost::json::value(document));
}

TEST(Document, NamesWhatIsNoPair) {
  boost::json::object document;
  DocumentChanges changes;
  changes.env = {"JUSTANAME"};
  const auto applied = applyChanges(changes, document);
  ASSERT_FALSE(applied);
  EXPECT_THAT(applied.error().message, HasSubstr("\"JUSTANAME\" is not NAME=VALUE"));
}

TEST(Document, ComesFromAFileOrStandardInput) {
  const skiff::testing::TemporaryDirectory directory;
  directory.write("good.json", "{\"routes\":[]}");
  directory.write("bad.json", "{");
  directory.write("list.json", "[]");
  std::istringstream in("{\"tmp\":false}");
  EXPECT_TRUE(readDocument(directory.path() / "good.json", in)->contains("routes"));
  EXPECT_TRUE(readDocument("-", in)->contains("tmp"));
  for (const char* name : {"bad.json", "list.json", "missing.json"}) {
    EXPECT_FALSE(readDocument(directory.path() / name, in)) << name;
  }
  std::istringstream endless(std::string((1 << 20) + 1, ' '));
  EXPECT_FALSE(readDocument("-", endless));
}

TEST(UrlToTry, IsTheFirstRequestThatTheRouteTakes) {
  const auto status = parseJson(R"({"listen":["127.0.0.1:8080","[::1]:8080"]})");
  EXPECT_EQ(urlToTry("web.localhost/*", status), "http://web.localhost:8080/");
  EXPECT_EQ(urlToTry("*/api", status), "http://localhost:8080/api");
  EXPECT_EQ(urlToTry("*.example.org/x/*", status), "http://www.example.org:8080/x/");
  EXPECT_EQ(urlToTry("a.b/*", parseJson(R"({"listen":["0.0.0.0:80"]})")), "http://a.b/");
  EXPECT_EQ(urlToTry("a.b/*", parseJson("{}")), "");
  EXPECT_EQ(urlToTry("nonsense", status), "");
}

TEST(SplitText, IsInPercent) {
  EXPECT_EQ(splitText(parseJson(R"({"split":[{"version":"aaaaaaaaaaaaaaaa","weight":19},
                                             {"version":"bb","weight":1}]})")),
            "aaaaaaaaaaaa 95 %, bb 5 %");
  EXPECT_EQ(splitText(parseJson("null")), "");
}

TEST(UsageRates, AreOfWhatWasThereBefore) {
  const auto usage = [](std::string app, std::uint64_t requests, int cpu) {
    return AppUsage{.tenant = "acme",
                    .app = std::move(app),
                    .requests = requests,
                    .cpu = std::chrono::microseconds(cpu)};
  };
  const auto rates = ratesBetween({usage("a", 100, 1'000'000), usage("b", 50, 0)},
                                  {usage("b", 10, 0), usage("a", 300, 2'000'000), usage("c", 9, 9)},
                                  std::chrono::seconds(2));
  ASSERT_EQ(rates.size(), 3U);
  EXPECT_EQ(rates[0].requests, 0);  // counts went back
  EXPECT_EQ(rates[1].requests, 100);
  EXPECT_EQ(rates[1].cpuPercent, 50);
  EXPECT_EQ(rates[2].requests, 0);  // new
}

TEST(JsonFields, TakeAnyJson) {
  for (const std::string_view text : {"", "null", "[]", "1", "{\"a\":null}", "{\"a\":-1}",
                                      "{\"a\":1e300}", "{\"a\":\"x\"}", "{\"a\":{}}"}) {
    const auto value = parseJson(text);
    EXPECT_EQ(countOf(value, "a"), 0U) << text;
    EXPECT_TRUE(listOf(value, "a").empty()) << text;
    EXPECT_FALSE(isTrue(value, "a")) << text;
  }
  EXPECT_TRUE(parseJson(std::string(100'000, '[')).is_null());
}

TEST(JsonText, LeavesNothingThatSteersATerminal) {
  EXPECT_EQ(jsonText(parseJson("{\"a\":\"\\u001b[2J\xC2\x9B\x7F\xC3\xA4\"}")),
            "{\"a\":\"\\u001b[2J\\u009b\\u007f\xC3\xA4\"}");
}

}  // namespace
}  // namespace skiff::cli
