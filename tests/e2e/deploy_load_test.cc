#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <thread>

#include "tests/e2e/admin_api.h"
#include "tests/e2e/load.h"
#include "tests/e2e/variants.h"

namespace skiff::e2e {
namespace {

using Clock = std::chrono::steady_clock;

/// So many modules are kept for a minute though nobody uses them: ModuleLoader::kMostKept. Before
/// that many were deployed, memory and descriptors must grow.
constexpr std::size_t kMostModulesKept = 64;

/// SKIFF_E2E_LARGE=1 asks for 2,000.
std::size_t deployments() {
  return std::getenv("SKIFF_E2E_LARGE") != nullptr ? 2'000 : 150;
}

std::size_t filesIn(const std::filesystem::path& folder) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    count += entry.is_regular_file() ? 1 : 0;
  }
  return count;
}

/// The lowest of what is resident from now on for a while: garbage comes and goes.
ProcessReadings settledReadings(Daemon& daemon) {
  ProcessReadings lowest = daemon.process().readings();
  for (int i = 0; i < 10; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const ProcessReadings now = daemon.process().readings();
    lowest.residentBytes = std::min(lowest.residentBytes, now.residentBytes);
    lowest.descriptors = std::min(lowest.descriptors, now.descriptors);
    lowest.threads = std::min(lowest.threads, now.threads);
  }
  return lowest;
}

/// Many connections that ask the app as fast as they can, until this goes.
class Traffic {
 public:
  explicit Traffic(std::uint16_t port) {
    plan_.port = port;
    plan_.connections = 64;
    plan_.stop = &stop_;
    plan_.next = [](std::mt19937&) {
      ExpectedExchange exchange;
      exchange.name = "web";
      exchange.request = request("GET", "web.test", "/");
      exchange.body = answerOf(0);
      exchange.others = {answerOf(1)};
      return exchange;
    };
    thread_ = std::thread([this] { result_ = runLoad(plan_); });
  }
  ~Traffic() { end(); }
  const LoadResult& end() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    return result_;
  }

 private:
  std::atomic<bool> stop_{false};
  LoadPlan plan_;
  LoadResult result_;
  std::thread thread_;
};

/// Every version is a module that was never there before, so that nothing is there already.
class ManyDeployments : public ::testing::Test {
 protected:
  ManyDeployments() {
    EXPECT_EQ(api_.put("/v1/tenants/acme", "{}").status, 201);
    EXPECT_EQ(api_.put(appPath("acme/web"), R"({"routes":["web.test/*"]})").status, 201);
    deployNext();
  }

  /// `padding`: bytes that the module is larger, about.
  void deployNext(std::size_t padding = 0) {
    std::string module =
        withNote(moduleAnswering(made_ % 2), "deployment " + std::to_string(made_));
    if (padding != 0) module = withNote(std::move(module), std::string(padding, 'x'));
    const std::string version = api_.uploadBytes("acme/web", module);
    const auto begin = Clock::now();
    ASSERT_EQ(api_.deploy("acme/web", version).status, 200);
    slowest_ = std::max(slowest_, Clock::now() - begin);
    EXPECT_EQ(daemon_.get("web.test").body, answerOf(made_ % 2)) << "acknowledged, so served";
    ++made_;
  }

  static ConfigText config() {
    ConfigText config;
    config.server = "access_log = \"off\"\n[deploy]\nblobs_max = \"64MiB\"\n";
    config.limits = "queue_ms = 60000\n";
    return config;
  }

  Daemon daemon_{config()};
  AdminApi api_{daemon_};
  std::size_t made_ = 0;
  Clock::duration slowest_{};
};

TEST_F(ManyDeployments, NeedNoMoreOfTheDiskThanIsAllowed) {
  // Half as much again as fits. What was loaded last is held for a while, and 20 versions are kept:
  // far less than that.
  constexpr std::size_t kModule = std::size_t{1} << 19;
  constexpr std::size_t kAllowed = std::size_t{64} << 20;
  for (std::size_t sent = 0; sent < kAllowed * 3 / 2; sent += kModule) deployNext(kModule);
  std::size_t bytes = 0;
  const auto folder = daemon_.dataFolder() / "blobs";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  EXPECT_LE(bytes, kAllowed + (std::size_t{1} << 20));
}

TEST_F(ManyDeployments, FailNoRequestAndLeaveNothingBehind) {
  const std::size_t all = deployments();
  const auto begin = Clock::now();
  Traffic traffic(daemon_.port());
  while (made_ < std::max(all / 3, kMostModulesKept + 16)) deployNext();
  const ProcessReadings early = settledReadings(daemon_);
  while (made_ < all) deployNext();
  const ProcessReadings late = settledReadings(daemon_);
  const LoadResult& result = traffic.end();
  const auto seconds = std::chrono::duration<double>(Clock::now() - begin).count();

  const std::size_t blobs = filesIn(daemon_.dataFolder() / "blobs" / "blobs");
  std::printf(
      "%zu deployments of new modules in %.1f s, the slowest change %.0f ms; %zu requests on 64 "
      "connections meanwhile, %zu failed, the slowest %lld ms; resident %.1f MiB early on, "
      "%.1f MiB at the end; descriptors %zu, %zu; threads %zu, %zu; %zu blobs\n",
      made_, seconds, std::chrono::duration<double, std::milli>(slowest_).count(), result.requests,
      result.failures, static_cast<long long>(result.slowest.count()),
      static_cast<double>(early.residentBytes) / (1 << 20),
      static_cast<double>(late.residentBytes) / (1 << 20), early.descriptors, late.descriptors,
      early.threads, late.threads, blobs);
  RecordProperty("requests", std::to_string(result.requests));
  RecordProperty("resident_early", std::to_string(early.residentBytes));
  RecordProperty("resident_late", std::to_string(late.residentBytes));
  EXPECT_EQ(result.failures, 0U) << (result.firstFailures.empty() ? ""
                                                                  : result.firstFailures.front());
  EXPECT_GT(result.requests, all);
  // Garbage that V8 has not collected yet comes and goes.
  EXPECT_LT(late.residentBytes, early.residentBytes + (std::size_t{kSanitized ? 256 : 32} << 20));
  EXPECT_LE(late.descriptors, early.descriptors + 8);
  EXPECT_LE(late.threads, early.threads + 8);
}

}  // namespace
}  // namespace skiff::e2e
