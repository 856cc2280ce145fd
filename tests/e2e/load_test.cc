#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/e2e/daemon.h"
#include "tests/e2e/load.h"

namespace skiff::e2e {
namespace {

constexpr std::size_t kCgiVariants = 8;

ConfigText mixedGuests(const std::string& server) {
  ConfigText config;
  config.server = "access_log = \"off\"\n" + server;
  config.limits = "cpu_ms = 2000\nqueue_ms = 60000\n";
  config.apps = {{"hello", "hello", {}, {}},
                 {"constant", "hello_wat", {}, {}},
                 {"echo", "echo", {}, {}},
                 {"secret", "test/secret", {}, {}},
                 {"cgi", "cgi", {}, {}, "globex"},
                 {"greet", "greet", {}, {}, "globex"},
                 {"count", "test/count", {}, {}, "globex"},
                 {"count-table", "test/count_table", {}, {}, "globex"}};
  return config;
}

/// Draws from all guests: what to ask them, and what they must say.
class MixedGuests {
 public:
  explicit MixedGuests(const Daemon& daemon) {
    for (std::size_t i = 0; i < kCgiVariants; ++i) {
      ExpectedExchange& cgi = cgi_.emplace_back();
      cgi.name = "cgi";
      cgi.request = request("POST", "cgi.test", "/path" + std::to_string(i) + "?x=y",
                            std::string(i * 3000, 'b') + "end");
      cgi.body = daemon.connect().ask(cgi.request).body;
      cgi.varying = "REMOTE_PORT=";
      EXPECT_NE(cgi.body.find("PATH_INFO=/path" + std::to_string(i)), std::string::npos);
    }
  }

  ExpectedExchange next(std::mt19937& random) const {
    const std::string number = std::to_string(random() % 1'000'000);
    switch (random() % 8) {
      case 0:
        return {"hello",
                request("GET", "hello.test", "/" + number),
                200,
                "Hello from skiff, you asked for /" + number + "\n",
                {}};
      case 1:
        return {"constant", request("GET", "constant.test", "/"), 200, "Hello from wasm", {}};
      case 2: {
        std::string body(random() % 4 == 0 ? random() % 200'000 : random() % 2'000, '\0');
        for (char& byte : body) byte = static_cast<char>(random());
        return {"echo", request("POST", "echo.test", "/", body), 200, body, {}};
      }
      case 3:
        return cgi_[random() % cgi_.size()];
      case 4:
        return {"greet",
                request("GET", "greet.test", "/?name=n" + number),
                200,
                "Hello, n" + number + "!\n",
                {}};
      case 5:
        return {"count", request("GET", "count.test", "/"), 200, "memory=1 global=1\n", {}};
      case 6:
        return {"count_table", request("GET", "count-table.test", "/"), 200, "table=1\n", {}};
      default:
        return {"secret",
                request("POST", "secret.test", "/", "secret of " + number),
                200,
                "clean\n",
                {}};
    }
  }

 private:
  std::vector<ExpectedExchange> cgi_;
};

std::chrono::milliseconds loadTime() {
  const char* const seconds = std::getenv("SKIFF_E2E_SECONDS");
  return std::chrono::seconds(seconds ? std::max(2, std::atoi(seconds)) : 5);
}

std::string described(const LoadResult& result) {
  std::string text = std::to_string(result.failures) + " of " + std::to_string(result.requests) +
                     " failed, such as:";
  for (const std::string& failure : result.firstFailures) text += "\n  " + failure;
  return text;
}

struct Readings {
  ProcessReadings process;
  double isolates = 0;
  double instances = 0;
};

Readings read(Daemon& daemon) {
  const MetricsPage page = daemon.metrics();
  return {daemon.process().readings(), page.sum("skiff_isolates"), page.sum("skiff_instances")};
}

TEST(MixedGuestsUnderLoad, AnswerByteForByteAndHoldOnToNothingMore) {
  Daemon daemon(mixedGuests({}));
  const MixedGuests guests(daemon);
  const auto duration = loadTime();
  // By then the pools are as large as they get, and the heaps have seen their first collections.
  const auto settled = std::max(duration / 6, std::chrono::milliseconds(2'000));
  std::optional<Readings> early;
  Readings last;

  LoadPlan plan;
  plan.port = daemon.port();
  plan.duration = duration;
  plan.next = [&](std::mt19937& random) { return guests.next(random); };
  plan.observe = [&](std::chrono::milliseconds elapsed) {
    if (elapsed < settled || elapsed >= duration) return;
    last = read(daemon);
    if (!early) early = last;
  };
  const LoadResult result = runLoad(plan);
  EXPECT_EQ(result.failures, 0u) << described(result);
  EXPECT_GT(result.requests, 500u);

  ASSERT_TRUE(early);
  RecordProperty("requests", static_cast<int>(result.requests));
  std::printf(
      "%zu requests in %lld s; resident %.1f MiB, then %.1f MiB; %zu descriptors, %zu "
      "threads, %.0f isolates, %.0f instances\n",
      result.requests, static_cast<long long>(duration.count() / 1000),
      static_cast<double>(early->process.residentBytes) / (1 << 20),
      static_cast<double>(last.process.residentBytes) / (1 << 20), last.process.descriptors,
      last.process.threads, last.isolates, last.instances);
  // An image is shared by all instances of a version; nothing else holds a descriptor for long.
  EXPECT_LE(last.process.descriptors, early->process.descriptors + 2);
  // Threads for guests beside their shards are made when wanted, and a few are kept.
  EXPECT_LE(last.process.threads, early->process.threads + 8);
  EXPECT_EQ(last.isolates, early->isolates);
  if (!kSanitized) {
    // Garbage that V8 has not collected yet comes and goes.
    EXPECT_LE(last.process.residentBytes, early->process.residentBytes + (24u << 20));
  }
  EXPECT_TRUE(eventually([&] {
    return daemon.metrics().sum("skiff_instances", {{"state", "busy"}}) == 0;
  }));
  EXPECT_EQ(daemon.terminate(), (Ending{0, 0}));
}

class EveryReset : public ::testing::TestWithParam<const char*> {};

TEST_P(EveryReset, KeepsInstancesPristineAtAnyConcurrency) {
  Daemon daemon(mixedGuests(std::string("reset = \"") + GetParam() + "\"\n"));
  const MixedGuests guests(daemon);
  for (const std::size_t connections : {1, 64}) {
    LoadPlan plan;
    plan.port = daemon.port();
    plan.connections = connections;
    plan.duration = std::chrono::milliseconds(1'500);
    plan.next = [&](std::mt19937& random) { return guests.next(random); };
    const LoadResult result = runLoad(plan);
    EXPECT_EQ(result.failures, 0u) << described(result);
    EXPECT_GT(result.requests, 50u);
  }
  const std::string how = GetParam();
  if (how != "auto") {
    EXPECT_GT(daemon.metrics().sum("skiff_instance_resets_total", {{"how", how}}), 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Mode, EveryReset,
                         ::testing::Values("auto", "hot", "scan", "discard", "fresh"),
                         [](const auto& mode) { return std::string(mode.param); });

}  // namespace
}  // namespace skiff::e2e
