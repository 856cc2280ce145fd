#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/daemon.h"

namespace skiff::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ConfigText config() {
  ConfigText config;
  config.server = "shards = 1\n";
  config.apps = {{"links",
                  "links",
                  "config = '''\n"
                  "# name  where it leads\n"
                  "docs    https://docs.example.org/en/?a=1&b=<2>\n"
                  "  shop\thttp://shop.example.org/ 301\r\n"
                  "news https://news.example.org/ 302\n"
                  "docs https://second.example.org/\n"
                  "evil javascript:alert(1)\n"
                  "half\n"
                  "sp/ash https://x.example.org/\n"
                  "three https://x.example.org/ 303\n'''\n",
                  {}}};
  return config;
}

class TheShortener : public ::testing::Test {
 protected:
  Daemon daemon{config()};
};

TEST_F(TheShortener, LeadsWhereItsTableSays) {
  const struct {
    const char* target;
    int status;
    const char* location;
  } kCases[] = {
      {"/docs", 302, "https://docs.example.org/en/?a=1&b=<2>"},
      {"/docs?utm=x", 302, "https://docs.example.org/en/?a=1&b=<2>"},
      {"/shop", 301, "http://shop.example.org/"},
      {"/news", 302, "https://news.example.org/"},
      {"/Docs", 404, ""},
      {"/docs/", 404, ""},
      {"/evil", 404, ""},
      {"/half", 404, ""},
      {"/sp/ash", 404, ""},
      {"/three", 404, ""},
      {"/+", 404, ""},
      {"/", 200, ""},
  };
  for (const auto& link : kCases) {
    SCOPED_TRACE(link.target);
    const Response response = daemon.get("links.test", link.target);
    EXPECT_EQ(response.status, link.status);
    EXPECT_EQ(response.field("location"), link.location);
  }
  EXPECT_EQ(daemon.get("links.test", "/docs").field("cache-control"), "no-store");
}

TEST_F(TheShortener, ShowsWhereALinkWouldLead) {
  const Response response = daemon.get("links.test", "/docs+");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.field("location"), "");
  EXPECT_THAT(response.body,
              HasSubstr("<a href=\"https://docs.example.org/en/?a=1&amp;b=&lt;2&gt;\""));
}

TEST_F(TheShortener, HelpsWhoMistypes) {
  EXPECT_THAT(daemon.get("links.test", "/dcos").body, HasSubstr("mean <a href=\"/docs\">docs"));
  EXPECT_THAT(daemon.get("links.test", "/shopp").body, HasSubstr("mean <a href=\"/shop\">shop"));
  EXPECT_THAT(daemon.get("links.test", "/elephant").body, Not(HasSubstr("mean")));
}

TEST_F(TheShortener, EscapesWhatItRepeats) {
  const Response response = daemon.get("links.test", "/<script>alert('1')</script>&");
  EXPECT_EQ(response.status, 404);
  EXPECT_THAT(response.body,
              HasSubstr("<code>/&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;<"));
  EXPECT_THAT(daemon.get("links.test", "/a&b'c").body, HasSubstr("<code>/a&amp;b&#39;c</code>"));
}

TEST_F(TheShortener, AllowsNothingButToFollow) {
  const Response response = daemon.connect().ask(request("POST", "links.test", "/docs", "x"));
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.field("allow"), "GET, HEAD");
}

TEST_F(TheShortener, SaysWhichLinesOfItsTableItLeavesOut) {
  for (const int line : {5, 6, 7, 8, 9}) {
    const std::string part = "config, line " + std::to_string(line) + ":";
    EXPECT_NE(daemon.process().waitForLine(Process::Stream::output, part), "") << part;
  }
}

TEST_F(TheShortener, NeedsNoMoreMemoryForManyRequests) {
  for (int i = 0; i < 200; ++i) daemon.get("links.test", "/elephant");
  EXPECT_EQ(daemon.metrics().sum("skiff_instance_resets_total", {{"how", "fresh"}}), 0);
}

}  // namespace
}  // namespace skiff::e2e
