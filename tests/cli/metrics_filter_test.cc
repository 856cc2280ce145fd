#include "cli/commands/metrics_filter.h"

namespace skiff::cli {
namespace {

constexpr std::string_view kMetrics =
    "# HELP skiff_isolates Isolates alive.\n"
    "# TYPE skiff_isolates gauge\n"
    "skiff_isolates 3\n"
    "# HELP skiff_requests_total Requests answered.\n"
    "# TYPE skiff_requests_total counter\n"
    "skiff_requests_total{tenant=\"acme\",status=\"200\"} 17\n"
    "skiff_requests_total{tenant=\"glo bex}\",status=\"503\"} 3\n";

TEST(SelectMetrics, TakesAllForAnEmptyPattern) {
  EXPECT_EQ(selectMetrics(kMetrics, ""), kMetrics);
}

TEST(SelectMetrics, TakesAFamilyByItsNameWithItsComments) {
  EXPECT_EQ(selectMetrics(kMetrics, "isolates"),
            "# HELP skiff_isolates Isolates alive.\n"
            "# TYPE skiff_isolates gauge\n"
            "skiff_isolates 3\n");
}

TEST(SelectMetrics, TakesSingleSeriesByTheirLabels) {
  EXPECT_EQ(selectMetrics(kMetrics, "status=\"503\""),
            "# HELP skiff_requests_total Requests answered.\n"
            "# TYPE skiff_requests_total counter\n"
            "skiff_requests_total{tenant=\"glo bex}\",status=\"503\"} 3\n");
}

TEST(SelectMetrics, LooksNeitherAtValuesNorAtComments) {
  EXPECT_EQ(selectMetrics(kMetrics, "17"), "");
  EXPECT_EQ(selectMetrics(kMetrics, "answered"), "");
}

TEST(SelectMetrics, LeavesNothingThatSteersATerminal) {
  EXPECT_EQ(selectMetrics("name{label=\"\x1b[2J\"} 1\n", ""), "name{label=\"\\x1b[2J\"} 1\n");
}

TEST(SelectMetrics, TakesAnyText) {
  EXPECT_EQ(selectMetrics("", ""), "");
  EXPECT_EQ(selectMetrics("\n\n", ""), "");
  EXPECT_EQ(selectMetrics("no newline 1", "line"), "");
  EXPECT_EQ(selectMetrics("name 1", "name"), "name 1\n");
  EXPECT_EQ(selectMetrics("# only a comment", ""), "");
}

}  // namespace
}  // namespace skiff::cli
