// Thousands of connections that do nothing, or next to nothing: a tenant whose clients do ask is
// served as before.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "tests/e2e/crowd.h"
#include "tests/e2e/daemon.h"

namespace skiff::e2e {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kHello = "Hello from wasm";

bool isLarge() {
  return std::getenv("SKIFF_E2E_LARGE") != nullptr;
}

/// A crowd in a process of its own: it has descriptors and a processor's time for itself.
class CrowdProcess {
 public:
  CrowdProcess(const Daemon& daemon, std::size_t idle, std::size_t slow,
               std::chrono::milliseconds pause, unsigned firstSource) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    process_ = std::make_unique<Process>(
        SKIFF_E2E_CROWD,
        std::vector<std::string>{std::to_string(daemon.port()), "hello.test", std::to_string(idle),
                                 std::to_string(slow), std::to_string(pause.count()),
                                 std::to_string(firstSource)},
        ends[0]);
    ::close(ends[0]);
    input_ = ends[1];
  }
  ~CrowdProcess() {
    if (input_ >= 0) ::close(input_);
  }
  CrowdProcess(const CrowdProcess&) = delete;
  CrowdProcess& operator=(const CrowdProcess&) = delete;

  void awaitThere() {
    if (process_->waitForLine(Process::Stream::output, "there", 2 * kPatience).empty()) {
      throw std::runtime_error("the crowd does not come together: " +
                               process_->text(Process::Stream::error));
    }
  }
  CrowdReport end() {
    ::close(std::exchange(input_, -1));
    EXPECT_EQ(process_->wait(), (Ending{0, 0})) << process_->text(Process::Stream::error);
    const std::string said = process_->text(Process::Stream::output);
    const std::size_t at = said.find("figures");
    return CrowdReport::of(at == said.npos ? "" : said.substr(at));
  }

 private:
  std::unique_ptr<Process> process_;
  int input_ = -1;
};

/// The 99th percentile of how long requests take that come every two milliseconds, by the clock, on
/// a connection that is kept, and on a new one each twentieth time.
double quietP99(const Daemon& daemon, std::chrono::milliseconds duration) {
  std::vector<double> times;
  Client kept = daemon.connect();
  const auto end = Clock::now() + duration;
  std::size_t count = 0;
  for (auto next = Clock::now(); next < end; next += std::chrono::milliseconds(2)) {
    std::this_thread::sleep_until(next);
    const bool isNew = ++count % 20 == 0;
    const auto begin = Clock::now();
    const Response response =
        isNew ? daemon.get("hello.test") : kept.ask(request("GET", "hello.test", "/"));
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    EXPECT_EQ(response.body, kHello);
  }
  std::sort(times.begin(), times.end());
  return times[times.size() * 99 / 100];
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::string listed(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) {
    char one[32];
    std::snprintf(one, sizeof one, " %.2f", value);
    text += one;
  }
  return text;
}

ConfigText quietConfig(const std::string& server) {
  ConfigText config;
  config.server = "access_log = \"off\"\n" + server;
  config.apps = {{"hello", "hello_wat", {}, {}}};
  return config;
}

/// How many of `wanted` connections the daemon can have descriptors for, beside `others`.
std::size_t affordable(std::size_t wanted, std::size_t others) {
  constexpr std::size_t kReserve = 400;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const std::size_t most = limit.rlim_max;
  return std::min(wanted, most > others + kReserve ? most - others - kReserve : 0);
}

TEST(ManyConnections, ThatDoNothingOrTrickleDoNotSlowAQuietTenant) {
  const std::size_t slow = isLarge() ? 5'000 : 200;
  const std::size_t wanted = isLarge() ? 20'000 : 500;
  const std::size_t idle = affordable(wanted, slow);
  if (idle < wanted) {
    std::printf(
        "a process may have %zu connections beside the slow ones here (ulimit -Hn), not "
        "%zu\n",
        idle, wanted);
  }
  const auto phase = std::chrono::seconds(isLarge() ? 12 : 1);
  const std::chrono::milliseconds headTimeout(isLarge() ? 10'000 : 500);
  Daemon daemon(quietConfig("header_timeout_ms = " + std::to_string(headTimeout.count()) +
                            "\nidle_timeout_ms = 600000\n"));
  quietP99(daemon, std::chrono::seconds(1));
  std::vector<double> without;
  std::vector<double> with;
  CrowdReport slowReport;
  for (int round = 0; round < (isLarge() ? 7 : 3); ++round) {
    without.push_back(quietP99(daemon, phase));
    const ProcessReadings before = daemon.process().readings();
    CrowdProcess idleOnes(daemon, idle, 0, std::chrono::seconds(1), 1);
    idleOnes.awaitThere();
    const ProcessReadings after = daemon.process().readings();
    if (round == 0) {
      std::printf(
          "%zu idle connections: %.1f KiB of resident memory each\n", idle,
          (static_cast<double>(after.residentBytes) - static_cast<double>(before.residentBytes)) /
              1024 / static_cast<double>(idle));
    }
    EXPECT_GE(after.descriptors + 4, before.descriptors + idle);
    CrowdProcess slowOnes(daemon, 0, slow, headTimeout / 10, 100);
    slowOnes.awaitThere();
    with.push_back(quietP99(daemon, phase + 2 * headTimeout));
    slowReport = slowOnes.end();
    const CrowdReport idleReport = idleOnes.end();
    EXPECT_EQ(idleReport.idleLost, 0u);
    // Each was told why, by its deadline, whatever it went on to send.
    EXPECT_GE(slowReport.slowEnded, slow);
    EXPECT_EQ(slowReport.slowTold, slowReport.slowEnded);
    EXPECT_GE(slowReport.slowEarliest, static_cast<std::size_t>(headTimeout.count()));
    // Behind the answer the connection stays for a client to read it: two seconds.
    EXPECT_LT(slowReport.slowLatest, static_cast<std::size_t>(headTimeout.count()) + 5'000);
    EXPECT_TRUE(eventually(
        [&] { return daemon.process().readings().descriptors <= before.descriptors + 2; }));
  }
  std::printf(
      "%zu idle and %zu slow connections; p99 of a quiet tenant in ms, without:%s; "
      "with:%s; medians %.2f and %.2f: %.2f times; slow ones ended after %zu to %zu ms\n",
      idle, slow, listed(without).c_str(), listed(with).c_str(), median(without), median(with),
      median(with) / median(without), slowReport.slowEarliest, slowReport.slowLatest);
  // With other tests beside it, this finds a tenant that starves and no more.
  const double noise = isLarge() ? 0.1 : 25;
  EXPECT_LT(median(with), 1.5 * median(without) + noise);
}

TEST(ManyConnections, AreKeptUntilTheirTimeIsOver) {
  constexpr std::size_t kIdle = 500;
  Daemon daemon(quietConfig("idle_timeout_ms = 1500\n"));
  const std::size_t before = daemon.process().readings().descriptors;
  CrowdProcess crowd(daemon, kIdle, 0, std::chrono::seconds(1), 1);
  crowd.awaitThere();
  EXPECT_TRUE(eventually([&] { return daemon.process().readings().descriptors <= before + 2; }));
  EXPECT_EQ(daemon.get("hello.test").body, kHello);
  const CrowdReport report = crowd.end();
  EXPECT_EQ(report.idleLost, kIdle);
  EXPECT_GE(report.idleEarliest, 1'500u);
  EXPECT_LT(report.idleLatest, 6'000u);
}

TEST(ManyConnections, OfOneAddressLeaveRoomForOthers) {
  Daemon daemon(quietConfig("connections_per_address = 50\nmax_connections = 200\n"));
  CrowdProcess crowd(daemon, 50, 0, std::chrono::seconds(1), 1);
  crowd.awaitThere();
  CrowdProcess refused(daemon, 10, 0, std::chrono::seconds(1), 1);
  EXPECT_THROW(refused.awaitThere(), std::runtime_error);
  EXPECT_EQ(daemon.get("hello.test").body, kHello);
  EXPECT_EQ(crowd.end().idleLost, 0u);
}

}  // namespace
}  // namespace skiff::e2e
