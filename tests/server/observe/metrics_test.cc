#include "server/observe/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

namespace skiff {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

bool hasLine(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, SumUpWhatAllShardsRecorded) {
  Metrics metrics;
  for (int i = 0; i < 3; ++i) {
    AppMetrics& app = metrics.addShard().app("acme", "hello");
    app.recordRequest(200, Reason::none, milliseconds(3), milliseconds(2));
    app.recordRequest(503, Reason::cpuLimit, milliseconds(70), milliseconds(50));
  }
  const std::string text = metrics.text();
  const std::string app = "tenant=\"acme\",app=\"hello\"";
  EXPECT_TRUE(hasLine(text, "skiff_requests_total{" + app + ",status=\"200\",reason=\"\"} 3"))
      << text;
  EXPECT_TRUE(
      hasLine(text, "skiff_requests_total{" + app + ",status=\"503\",reason=\"cpu_limit\"} 3"));
  EXPECT_TRUE(hasLine(text, "skiff_request_duration_seconds_bucket{" + app + ",le=\"0.0025\"} 0"));
  EXPECT_TRUE(hasLine(text, "skiff_request_duration_seconds_bucket{" + app + ",le=\"0.005\"} 3"));
  EXPECT_TRUE(hasLine(text, "skiff_request_duration_seconds_bucket{" + app + ",le=\"+Inf\"} 6"));
  EXPECT_TRUE(hasLine(text, "skiff_request_duration_seconds_count{" + app + "} 6"));
  EXPECT_THAT(text, HasSubstr("skiff_request_duration_seconds_sum{" + app + "} 0.219"));
  EXPECT_THAT(text, HasSubstr("skiff_guest_cpu_seconds_total{" + app + "} 0.156"));
}

TEST(Metrics, CountWhatTheAdminListenerDoes) {
  Metrics metrics;
  EXPECT_THAT(metrics.text(), Not(HasSubstr("\nskiff_admin_requests_total{")));
  for (const unsigned status : {200u, 200u, 401u, 599u, 99u, 600u}) {
    metrics.admin().recordAnswer(status);
  }
  metrics.admin().recordHandshake(HandshakeOutcome::refused);
  const std::string text = metrics.text();
  EXPECT_TRUE(hasLine(text, "skiff_admin_requests_total{status=\"200\"} 2")) << text;
  EXPECT_TRUE(hasLine(text, "skiff_admin_requests_total{status=\"401\"} 1"));
  EXPECT_TRUE(hasLine(text, "skiff_admin_requests_total{status=\"599\"} 1"));
  EXPECT_TRUE(hasLine(text, "skiff_admin_tls_handshakes_total{outcome=\"refused\"} 1"));
  EXPECT_THAT(text, Not(HasSubstr("outcome=\"full\"")));
}

TEST(Metrics, NameEveryFamilyTheyPromise) {
  Metrics metrics({.version = "1.2.3"});
  ShardMetrics& shard = metrics.addShard();
  AppMetrics& app = shard.app("acme", "hello");
  app.recordRequest(200, Reason::none, {}, {});
  shard.recordColdStart(app, {.isolate = std::nullopt,
                              .module = microseconds(30),
                              .instantiate = microseconds(60),
                              .init = std::nullopt,
                              .total = microseconds(120)});
  shard.recordReset(ResetHow::hot, 5);
  const auto registration = metrics.addSource([](GaugeReadings& readings) {
    readings.instances = {{"acme", "hello", "idle", 2}, {"acme", "hello", "busy", 1}};
    readings.isolates = 4;
    readings.memory = {{"acme", "hello", 4096}};
    readings.droppedGuestLogs = {{"acme", "hello", 11}, {"acme", "late", 2}};
    readings.connections = {{"active", 3}, {"idle", 7}};
    readings.originConnections = {{"idle", 1}};
    readings.originRequests = {{"failed", 2}};
    readings.droppedLogLines = {{"access", 9}};
  });
  const std::string text = metrics.text();
  for (const std::string line :
       {"skiff_cold_starts_total{tenant=\"acme\",app=\"hello\"} 1",
        "skiff_cold_start_seconds_count{phase=\"isolate\"} 0",
        "skiff_cold_start_seconds_count{phase=\"module\"} 1",
        "skiff_cold_start_seconds_bucket{phase=\"instantiate\",le=\"5e-05\"} 0",
        "skiff_cold_start_seconds_bucket{phase=\"instantiate\",le=\"0.0001\"} 1",
        "skiff_cold_start_seconds_count{phase=\"init\"} 0",
        "skiff_cold_start_seconds_count{phase=\"total\"} 1",
        "skiff_instance_resets_total{how=\"hot\"} 5",
        "skiff_instance_resets_total{how=\"fresh\"} 0",
        "skiff_instances{tenant=\"acme\",app=\"hello\",state=\"idle\"} 2",
        "skiff_instances{tenant=\"acme\",app=\"hello\",state=\"busy\"} 1",
        "skiff_isolates 4",
        "skiff_guest_log_dropped_bytes_total{tenant=\"acme\",app=\"hello\"} 11",
        "skiff_guest_log_dropped_bytes_total{tenant=\"_other\",app=\"_other\"} 2",
        "skiff_memory_bytes{tenant=\"acme\"} 4096",
        "skiff_connections{state=\"active\"} 3",
        "skiff_connections{state=\"idle\"} 7",
        "skiff_origin_connections{state=\"idle\"} 1",
        "skiff_origin_requests_total{outcome=\"failed\"} 2",
        "skiff_log_dropped_lines_total{log=\"access\"} 9",
        "skiff_build_info{version=\"1.2.3\"} 1"}) {
    EXPECT_TRUE(hasLine(text, line)) << line << "\nis not in\n" << text;
  }
  for (const std::string name : {"process_resident_memory_bytes", "process_virtual_memory_bytes",
                                 "process_cpu_seconds_total", "process_open_fds", "process_max_fds",
                                 "process_start_time_seconds", "process_threads"}) {
    EXPECT_THAT(text, HasSubstr("\n" + name + " ")) << name;
  }
}

TEST(Metrics, MeasureTheProcessAsItIs) {
  Metrics metrics;
  std::map<std::string, double> values;
  for (const auto& family : metrics.Collect()) {
    if (family.metric.size() == 1) {
      values[family.name] = family.type == prometheus::MetricType::Counter
                                ? family.metric[0].counter.value
                                : family.metric[0].gauge.value;
    }
  }
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_GT(values["process_resident_memory_bytes"], 1e6);
  EXPECT_GT(values["process_virtual_memory_bytes"], values["process_resident_memory_bytes"]);
  EXPECT_GE(values["process_open_fds"], 3);
  EXPECT_GE(values["process_max_fds"], values["process_open_fds"]);
  EXPECT_GE(values["process_threads"], 1);
  EXPECT_NEAR(values["process_start_time_seconds"], now, 3600);
}

TEST(Metrics, KeepTheNumberOfSeriesBounded) {
  Metrics metrics({.maxApps = 2});
  ShardMetrics& shard = metrics.addShard();
  AppMetrics& first = shard.app("a", "1");
  shard.app("b", "1").recordRequest(200, Reason::none, {}, {});
  AppMetrics& third = shard.app("c", "1");
  EXPECT_EQ(&third, &shard.app("d", "1"));
  EXPECT_EQ(&first, &shard.app("a", "1")) << "an app that is known stays itself";
  third.recordRequest(200, Reason::none, {}, {});
  third.recordRequest(200, Reason::none, {}, {});
  const auto registration = metrics.addSource([](GaugeReadings& readings) {
    readings.instances = {{"a", "1", "idle", 1}, {"c", "1", "idle", 2}, {"d", "1", "idle", 3}};
    readings.memory = {{"a", "x", 1}, {"c", "x", 2}, {"d", "x", 3}};
  });
  const std::string text = metrics.text();
  EXPECT_TRUE(hasLine(
      text, "skiff_requests_total{tenant=\"_other\",app=\"_other\",status=\"200\",reason=\"\"} 2"));
  EXPECT_TRUE(hasLine(text, "skiff_instances{tenant=\"_other\",app=\"_other\",state=\"idle\"} 5"));
  EXPECT_TRUE(hasLine(text, "skiff_memory_bytes{tenant=\"_other\"} 5"));
  EXPECT_TRUE(hasLine(text, "skiff_memory_bytes{tenant=\"a\"} 1"));
  EXPECT_THAT(text, Not(HasSubstr("tenant=\"c\"")));
}

TEST(Metrics, CountWhatBelongsToNoApp) {
  Metrics metrics;
  metrics.addShard().unrouted().recordRequest(404, Reason::noRoute, {}, {});
  EXPECT_TRUE(hasLine(metrics.text(),
                      "skiff_requests_total{tenant=\"_none\",app=\"_none\",status=\"404\","
                      "reason=\"no_route\"} 1"));
}

TEST(Metrics, AskASourceOnlyWhileItIsRegistered) {
  Metrics metrics;
  int asked = 0;
  {
    const auto registration = metrics.addSource([&asked](GaugeReadings& readings) {
      ++asked;
      readings.isolates += 1;
    });
    const auto other = metrics.addSource([](GaugeReadings& readings) { readings.isolates += 2; });
    EXPECT_TRUE(hasLine(metrics.text(), "skiff_isolates 3"));
  }
  EXPECT_TRUE(hasLine(metrics.text(), "skiff_isolates 0"));
  EXPECT_EQ(asked, 1);
}

TEST(StatusCounts, GiveEveryStatusAndReasonALabelledPlace) {
  for (int reason = 0; reason < static_cast<int>(kReasonCount); ++reason) {
    for (int status = -1; status < 1000; ++status) {
      const std::size_t place = StatusCounts::placeOf(status, static_cast<Reason>(reason));
      ASSERT_LT(place, StatusCounts::kPlaces);
      ASSERT_EQ(StatusCounts::reasonOf(place), static_cast<Reason>(reason));
      if (status < 200 || status > 599) continue;
      const std::string label(StatusCounts::statusLabel(place));
      const std::string exact = std::to_string(status);
      ASSERT_TRUE(label == exact || label == exact.substr(0, 1) + "xx") << label << " " << exact;
    }
  }
}

TEST(StatusCounts, NameTheStatusesInUseExactly) {
  for (const int status : {200, 204, 206, 301, 304, 400, 404, 418, 429, 500, 502, 503, 504, 511}) {
    const auto label = StatusCounts::statusLabel(StatusCounts::placeOf(status, Reason::none));
    EXPECT_EQ(label, status == 418 ? "4xx" : std::to_string(status));
  }
  // A guest that failed after its head was sent.
  EXPECT_EQ(StatusCounts::statusLabel(StatusCounts::placeOf(200, Reason::wallLimit)), "200");
  EXPECT_EQ(StatusCounts::statusLabel(StatusCounts::placeOf(504, Reason::wallLimit)), "504");
  EXPECT_EQ(StatusCounts::statusLabel(StatusCounts::placeOf(301, Reason::wallLimit)), "3xx");
}

TEST(DurationCounts, PutEachDurationIntoItsBucket) {
  DurationCounts<kRequestBuckets.size()> counts;
  counts.record(kRequestBuckets, microseconds(-5));
  counts.record(kRequestBuckets, kRequestBuckets[0]);
  counts.record(kRequestBuckets, kRequestBuckets[0] + std::chrono::nanoseconds(1));
  counts.record(kRequestBuckets, std::chrono::hours(1));
  EXPECT_EQ(counts.bucket(0), 2u);
  EXPECT_EQ(counts.bucket(1), 1u);
  EXPECT_EQ(counts.bucket(kRequestBuckets.size()), 1u);
}

TEST(Metrics, CanBeReadWhileShardsRecordAndGrow) {
  constexpr int kShards = 3;
  constexpr int kRequests = 20'000;
  Metrics metrics;
  std::atomic<int> running{kShards};
  std::vector<std::thread> threads;
  for (int i = 0; i < kShards; ++i) {
    ShardMetrics& shard = metrics.addShard();
    threads.emplace_back([&shard, &running] {
      for (int n = 0; n < kRequests; ++n) {
        AppMetrics& app = shard.app("t", std::to_string(n % 50));
        app.recordRequest(200, Reason::none, microseconds(n), {});
        shard.recordReset(ResetHow::scan);
      }
      --running;
    });
  }
  while (running > 0) metrics.text();
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(hasLine(metrics.text(), "skiff_instance_resets_total{how=\"scan\"} " +
                                          std::to_string(kShards * kRequests)));
}

}  // namespace
}  // namespace skiff
