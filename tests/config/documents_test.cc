#include "config/documents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

#include "config/load.h"
#include "tests/config/every_key.h"

namespace skiff {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

template <class Document>
Document checked(Result<Document, DocumentErrors> document) {
  if (document.has_value()) return *std::move(document);
  for (const DocumentError& error : document.error()) {
    ADD_FAILURE() << error.path << ": " << error.message;
  }
  return {};
}

TenantDocument tenant(std::string_view json, const Limits& serverLimits = {}) {
  return checked(parseTenantDocument(json, serverLimits));
}

AppDocument app(std::string_view json, const Limits& tenantLimits = {},
                ClockKind clock = ClockKind::frozen) {
  return checked(parseAppDocument(json, "hello", tenantLimits, clock));
}

/// kEveryKey, its relative paths made absolute, as what parseConfig() makes of it and as what TOML
/// says it is.
class EveryKey : public ::testing::Test {
 protected:
  EveryKey() {
    std::string text(kEveryKey);
    constexpr std::string_view kRelative = "\"site";
    for (std::size_t at = 0; (at = text.find(kRelative, at)) != std::string::npos;) {
      text.insert(at + 1, "/etc/skiff/");
    }
    config_ = *parseConfig(text, "/etc/skiff/skiff.toml");
    toml_ = toml::parse(text);
  }

  static std::string json(const toml::table& table) {
    std::ostringstream out;
    out << toml::json_formatter(table, toml::json_formatter::default_flags);
    return out.str();
  }

  Config config_;
  toml::table toml_;
};

TEST_F(EveryKey, OfAnAppMeansTheSameInBothForms) {
  toml::table table = *toml_["tenant"][0]["app"][0].as_table();
  table.erase("name");
  table.erase("module");
  AppConfig expected = config_.tenants[0].apps[0];
  expected.module.clear();
  // The formatter sorts the keys.
  std::sort(expected.env.begin(), expected.env.end());
  const AppDocument read = app(json(table), config_.tenants[0].limits);
  EXPECT_EQ(read.config, expected);
  EXPECT_EQ(read.watch, std::nullopt);
}

TEST_F(EveryKey, OfATenantMeansTheSameInBothForms) {
  toml::table table = *toml_["tenant"][0].as_table();
  table.erase("name");
  table.erase("app");
  table.insert("clock", "coarse");
  const TenantDocument read = tenant(json(table), config_.limits);
  EXPECT_EQ(read.limits, config_.tenants[0].limits);
  EXPECT_EQ(read.clock, ClockKind::coarse);
}

TEST_F(EveryKey, OfLimitsMeansTheSameInBothForms) {
  toml::table table;
  table.insert("limits", *toml_["limits"].as_table());
  EXPECT_EQ(tenant(json(table)).limits, config_.limits);
  EXPECT_EQ(app(json(table)).config.limits, config_.limits);
}

TEST(Documents, AnEmptyObjectGivesTheDefaults) {
  Limits limits;
  limits.cpu = milliseconds(7);
  TenantDocument expectedTenant;
  expectedTenant.limits = limits;
  EXPECT_EQ(tenant("{}", limits), expectedTenant);
  AppDocument expectedApp;
  expectedApp.config.name = "hello";
  expectedApp.config.limits = limits;
  expectedApp.config.clock = ClockKind::precise;
  EXPECT_EQ(app(" {\n} ", limits, ClockKind::precise), expectedApp);
}

TEST(Documents, AnAppMayHaveNoRoutesYet) {
  EXPECT_THAT(app(R"({"routes": []})").config.routes, IsEmpty());
  EXPECT_THAT(app(R"({"routes": ["b/*", "a/*"]})").config.routes, ElementsAre("b/*", "a/*"));
}

TEST(Documents, VariablesStayInTheOrderOfTheDocument) {
  EXPECT_THAT(app(R"({"env": {"ZEBRA": "1", "ANT": "two words", "EMPTY": ""}})").config.env,
              ElementsAre(Pair("ZEBRA", "1"), Pair("ANT", "two words"), Pair("EMPTY", "")));
}

TEST(Documents, ATenantsHostsAreKeptAsTheyAre) {
  EXPECT_THAT(tenant(R"({"hosts": ["web.localhost", "*.Acme.example", "[::1]"]})").hosts,
              ElementsAre("web.localhost", "*.Acme.example", "[::1]"));
}

TEST(Documents, ATenantMayHaveRepositoriesThatArePulledWithCredentials) {
  EXPECT_THAT(tenant(R"({"registries": ["R.corp/acme/*", "ghcr.io/acme/web"]})").registries,
              ElementsAre("r.corp/acme/*", "ghcr.io/acme/web"));
  EXPECT_THAT(tenant("{}").registries, IsEmpty());
}

TEST(Documents, ATenantSaysWhoMustSignWhatItDeploys) {
  const TenantDocument read = tenant(R"({"signatures": {"policy": "require", "keys": [
      "-----BEGIN PUBLIC KEY-----\na\n-----END PUBLIC KEY-----\n",
      "-----BEGIN PUBLIC KEY-----\nb"]}})");
  EXPECT_EQ(read.signatures.mode, SignaturePolicy::Mode::require);
  EXPECT_THAT(read.signatures.keys,
              ElementsAre("-----BEGIN PUBLIC KEY-----\na\n-----END PUBLIC KEY-----\n",
                          "-----BEGIN PUBLIC KEY-----\nb"));
  EXPECT_EQ(tenant(R"({"signatures": {}})").signatures, SignaturePolicy());
  EXPECT_EQ(tenant(R"({"signatures": {"policy": "off"}})").signatures, SignaturePolicy());
  EXPECT_EQ(tenant(R"({"signatures": {"policy": "warn", "keys": ["-----BEGIN PUBLIC KEY-----"]}})")
                .signatures.mode,
            SignaturePolicy::Mode::warn);
}

TEST(Documents, AnAppMayWatchATag) {
  EXPECT_EQ(app(R"({"watch": {"image": "r.example/a:latest"}})").watch,
            (WatchSettings{"r.example/a:latest", seconds(60)}));
  EXPECT_EQ(app(R"({"watch": {"image": "a", "interval_s": 10}})").watch->interval, seconds(10));
  EXPECT_EQ(app(R"({"watch": {"image": "a", "interval_s": 86400}})").watch->interval,
            seconds(86'400));
}

TEST(Documents, StringsAreReadAsJsonWritesThem) {
  EXPECT_EQ(app(R"({"config": "\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00 ä"})").config.config,
            "\"\\/\b\f\n\r\t\u00e4\U0001F600 ä");
}

TEST(Documents, ADocumentMayHaveTheLargestSize) {
  std::string json = R"({"config": ""})";
  json.insert(json.size() - 2, std::string(kLargestDocument.bytes() - json.size(), 'x'));
  ASSERT_EQ(json.size(), kLargestDocument.bytes());
  EXPECT_EQ(app(json).config.config.size(), json.size() - 14);
}

TEST(Documents, AnyBeginningOfADocumentGivesADocumentOrErrors) {
  const std::string_view text = R"({"routes": ["a/*"], "env": {"\u00e4": "\ud83d\ude00"},
      "dirs": [{"host": "/a", "guest": "/b", "write": true}], "limits": {"cpu_ms": 1000}, "tmp": )"
                                R"(true, "watch": {"image": "a"}, "priority": -12e0})";
  for (std::size_t length = 0; length < text.size(); ++length) {
    const auto read = parseAppDocument(text.substr(0, length), "a", {}, ClockKind::frozen);
    ASSERT_TRUE(read.has_error()) << length;
    ASSERT_EQ(read.error().size(), 1U) << length;
    EXPECT_THAT(read.error()[0].message, ::testing::HasSubstr("is not JSON")) << length;
  }
}

TEST(Documents, AnyChangedByteGivesADocumentOrErrors) {
  const std::string_view text =
      R"({"routes": ["a/*"], "dirs": [{"host": "/a", "guest": "/b"}], "limits": {"rate": 1}})";
  for (const char replacement : {'\0', '"', '[', '{', '}', ':', '\\', '\x80', '1'}) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      std::string changed(text);
      changed[i] = replacement;
      const auto read = parseAppDocument(changed, "a", {}, ClockKind::frozen);
      ASSERT_TRUE(read.has_value() || !read.error().empty()) << changed;
    }
  }
}

}  // namespace
}  // namespace skiff
