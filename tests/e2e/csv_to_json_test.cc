#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/e2e/daemon.h"

namespace skiff::e2e {
namespace {

using ::testing::HasSubstr;

/// A program in Rust. Its compiler is optional, and so are these tests.
class TheConverter : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(guestFile("csv_to_json"))) {
      GTEST_SKIP() << "not built: install rustc and libstd-rust-dev-wasm32, and configure again";
    }
    ConfigText config;
    config.server = "shards = 1\n";
    config.apps = {{"csv", "csv_to_json", {}, "cpu_ms = 20000\n"}};
    daemon.emplace(config);
  }
  Response post(std::string_view target, std::string_view body) {
    return daemon->connect().ask(request("POST", "csv.test", target, body));
  }

  std::optional<Daemon> daemon;
};

TEST_F(TheConverter, MakesAnObjectOfEachRow) {
  const struct {
    const char *name, *target;
    std::string table;
    const char* json;
  } kCases[] = {
      {"plain", "/", "name,age\nAda,36\nAlan,41\n",
       "[\n{\"name\":\"Ada\",\"age\":\"36\"},\n{\"name\":\"Alan\",\"age\":\"41\"}\n]\n"},
      {"no last line end", "/", "a,b\r\n1,2", "[\n{\"a\":\"1\",\"b\":\"2\"}\n]\n"},
      {"quotes", "/", "a,b\n\"x, \"\"y\"\"\",\"two\nlines\"\n",
       "[\n{\"a\":\"x, \\\"y\\\"\",\"b\":\"two\\nlines\"}\n]\n"},
      {"only quotes", "/", "a\n\"\"\"\"\n\"\"\n", "[\n{\"a\":\"\\\"\"},\n{\"a\":\"\"}\n]\n"},
      {"empty fields", "/", "a,b,c\n,,\n", "[\n{\"a\":\"\",\"b\":\"\",\"c\":\"\"}\n]\n"},
      {"blank lines", "/", "\n\na\n\n1\r\n\r\n2\n", "[\n{\"a\":\"1\"},\n{\"a\":\"2\"}\n]\n"},
      {"names alone", "/", "a,b\n", "[\n]\n"},
      {"what JSON escapes", "/", "a\nback\\slash\ttab\x01\n",
       "[\n{\"a\":\"back\\\\slash\\ttab\\u0001\"}\n]\n"},
      {"Unicode behind a mark", "/", "\xef\xbb\xbfgröße\n😀\n", "[\n{\"größe\":\"😀\"}\n]\n"},
      {"semicolons", "/?delimiter=;", "a;b\n1,5;2\n", "[\n{\"a\":\"1,5\",\"b\":\"2\"}\n]\n"},
      {"tabs", "/?delimiter=tab", "a\tb\n1\t2\n", "[\n{\"a\":\"1\",\"b\":\"2\"}\n]\n"},
      {"numbers", "/?numbers=yes", "a\n-1.5e+3\n0\n007\n1.\n.5\n1e\n-\n12x\n9\n",
       "[\n{\"a\":-1.5e+3},\n{\"a\":0},\n{\"a\":\"007\"},\n{\"a\":\"1.\"},\n{\"a\":\".5\"},\n"
       "{\"a\":\"1e\"},\n{\"a\":\"-\"},\n{\"a\":\"12x\"},\n{\"a\":9}\n]\n"},
  };
  for (const auto& example : kCases) {
    SCOPED_TRACE(example.name);
    const Response response = post(example.target, example.table);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.field("content-type"), "application/json");
    EXPECT_EQ(response.body, example.json);
  }
}

TEST_F(TheConverter, SaysWhereATableIsBroken) {
  const struct {
    const char *name, *target;
    std::string table;
    int status;
    const char* detail;
  } kCases[] = {
      {"nothing", "/", "", 422, "no first row"},
      {"a short row", "/", "a,b\n1,2\n\n3\n", 422, "line 4: 1 fields, but 2 names"},
      {"a long row", "/", "a,b\n\"1\n1\",2\n1,2,3\n", 422, "line 4: 3 fields, but 2 names"},
      {"an open quote", "/", "a\n\"never\nends", 422, "line 2: a quoted field without an end"},
      {"a quote within", "/", "a\nx\"y\n", 422, "line 2: a quote within"},
      {"text behind a quote", "/", "a\n\"x\"y\n", 422, "line 2: something between"},
      {"no UTF-8", "/", "a\n\xff\n", 400, "not UTF-8 at byte 2"},
      {"an unknown delimiter", "/?delimiter=x", "a\n", 400, "delimiter is one of"},
      {"an unknown option", "/?colour=red", "a\n", 400, "delimiter is one of"},
      {"a table too large", "/", std::string(8 * 1024 * 1024 + 1, 'a'), 413, "8 MiB"},
  };
  for (const auto& wrong : kCases) {
    SCOPED_TRACE(wrong.name);
    const Response response = post(wrong.target, wrong.table);
    EXPECT_EQ(response.status, wrong.status);
    EXPECT_EQ(response.field("content-type"), "application/problem+json");
    EXPECT_THAT(response.body, HasSubstr(wrong.detail));
  }
  const Response got = daemon->get("csv.test");
  EXPECT_EQ(got.status, 405);
  EXPECT_EQ(got.field("allow"), "POST");
}

TEST_F(TheConverter, TakesLargeTablesWithoutGrowing) {
  std::string table = "number,text\n", json = "[";
  for (int i = 0; i < 150'000; ++i) {
    table.append(std::to_string(i)).append(",some text to fill the row\n");
    json.append(i == 0 ? "\n" : ",\n").append("{\"number\":").append(std::to_string(i));
    json.append(",\"text\":\"some text to fill the row\"}");
  }
  json += "\n]\n";
  EXPECT_TRUE(post("/?numbers=yes", table).body == json);
  EXPECT_EQ(daemon->metrics().sum("skiff_instance_resets_total", {{"how", "fresh"}}), 0);
}

}  // namespace
}  // namespace skiff::e2e
