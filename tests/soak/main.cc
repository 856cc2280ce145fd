// skiff_soak: everything at once, for long, and what must hold all the time. docs/soak.md.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <optional>
#include <random>

#include "tests/soak/actors.h"
#include "tests/soak/operator.h"
#include "tests/soak/origin.h"
#include "tests/soak/readings.h"

namespace skiff::soak {
namespace {

struct Options {
  std::uint64_t seed = 0;
  unsigned seconds = 600;
};

constexpr std::chrono::seconds kFigures{10};
constexpr std::chrono::milliseconds kTick{100};
// A quiet tenant's p99 may be so many times what it was when nothing else went on, and this many
// milliseconds more: clients, origin and daemon share one machine. A short run shares it with other
// tests as well.
constexpr std::chrono::seconds kShort{120};
constexpr double kP99Factor = 10;
constexpr double kP99Slack = 200;
constexpr double kShortP99Factor = 50;
constexpr double kShortP99Slack = 1'000;

/// Of each activity, so many in a minute.
void expectAll(Report& report, double minutes) {
  static constexpr std::pair<const char*, double> kInAMinute[] = {
      {"answers of apps that are not there", 4},
      {"answers read slowly", 10},
      {"answers with what the configuration says", 500},
      {"apps deleted", 3},
      {"apps made", 8},
      {"canaries", 4},
      {"certificates put", 4},
      {"connections aborted", 400},
      {"connections aborted, TLS", 200},
      {"files", 500},
      {"floods of answers cut", 4},
      {"heads that trickle, ended", 300},
      {"hostile guests ended", 100},
      {"HTTP/2 connections that the server ended", 0.6},
      {"HTTP/2 streams taken back", 300},
      {"lines of logs looked through", 5'000},
      {"logs read through the API", 4},
      {"origin fetches", 500},
      {"origin fetches that must fail", 50},
      {"origin fetches, HTTP/2", 500},
      {"quiet requests, HTTP/1.1", 1'000},
      {"quiet requests, HTTP/1.1 over TLS", 1'000},
      {"quiet requests, HTTP/2", 1'000},
      {"refused beyond the rate", 100},
      {"rollbacks", 4},
      {"rotations of the access log", 4},
      {"secrets put", 1},
      {"served within the rate", 100},
      {"splits", 4},
      {"TLS handshakes that stop half-way, ended", 8},
      {"TLS handshakes, full", 10},
      {"TLS handshakes, resumed", 100},
      {"versions deployed", 8},
      {"versions uploaded", 16},
      {"visits, HTTP/1.1", 1'000},
      {"visits, HTTP/1.1 over TLS", 500},
      {"visits, HTTP/2", 1'000},
      {"visits, pipelined", 1'000},
  };
  for (const auto& [name, many] : kInAMinute) {
    // A moment on a busy machine need not draw what is rare.
    constexpr double kRare = 5;
    if (minutes < 1 && many < kRare) continue;
    report.expect(name, static_cast<std::size_t>(many * minutes));
  }
  for (const char* once : {"reloads under load", "restarts under load"}) {
    report.expect(once, std::max<std::size_t>(1, static_cast<std::size_t>(minutes / 2)));
  }
}

std::size_t requestsOf(const Report& report) {
  std::size_t all = 0;
  for (const char* name :
       {"quiet requests, HTTP/1.1", "quiet requests, HTTP/1.1 over TLS", "quiet requests, HTTP/2",
        "visits, HTTP/1.1", "visits, HTTP/1.1 over TLS", "visits, HTTP/2", "visits, pipelined"}) {
    all += report.counted(name);
  }
  return all;
}

/// Has the report notice when the machine stands still.
class Ticker {
 public:
  explicit Ticker(Report& report)
      : thread_([this, &report] {
          for (; !stop_; std::this_thread::sleep_for(kTick)) report.tick();
        }) {}
  ~Ticker() {
    stop_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// Prints a line of figures now and then, and keeps the percentiles.
class Figures {
 public:
  Figures(World& world, const Readings& readings, QuietTimes& times)
      : world_(world), readings_(readings), times_(times), thread_([this] { run(); }) {}
  ~Figures() { finish(); }
  /// World::stop is set.
  void finish() {
    if (thread_.joinable()) thread_.join();
  }

  std::vector<double> p99s;  ///< once it has ended

 private:
  void run() {
    do {
      const bool goesOn = world_.pause(kFigures);
      const auto [p99, count] = times_.takeP99();
      if (count >= 100) p99s.push_back(p99);
      const e2e::ProcessReadings now = readings_.last();
      const Report& report = world_.report();
      std::printf(
          "%6.1f s: %zu requests, quiet p99 %.1f ms; %zu MiB, %zu descriptors, %zu threads; "
          "%zu deployments, %zu restarts, %zu kills; %zu violations\n",
          static_cast<double>(report.elapsed().count()) / 1000, requestsOf(report), p99,
          now.residentBytes >> 20, now.descriptors, now.threads,
          report.counted("versions deployed") + report.counted("canaries") +
              report.counted("splits") + report.counted("rollbacks"),
          report.counted("restarts under load"), report.counted("hostile guests ended"),
          report.violations());
      std::fflush(stdout);
      if (!goesOn) return;
    } while (true);
  }

  World& world_;
  const Readings& readings_;
  QuietTimes& times_;
  std::thread thread_;
};

/// Restarts in the first half, a sixteenth of the time apart, so that one process lives long enough
/// to show what it gathers; reloads and rotations in between, until the time is over.
void operate(World& world, Operator& operation, std::chrono::milliseconds time) {
  const auto begin = Clock::now();
  // A standstill does not count.
  const auto isOver = [&] { return Clock::now() >= begin + time + world.report().stoodStill(); };
  const auto restartEvery = std::max<std::chrono::milliseconds>(time / 16, std::chrono::seconds(6));
  const auto smallEvery =
      std::min<std::chrono::milliseconds>(restartEvery / 4, std::chrono::seconds(4));
  auto nextRestart = begin + restartEvery * 3 / 4;
  const auto lastRestart = begin + time / 2;
  for (std::size_t turn = 0; !isOver() && world.pause(smallEvery); ++turn) {
    if (Clock::now() >= nextRestart && nextRestart <= lastRestart) {
      operation.restart();
      nextRestart += restartEvery;
    } else if (turn % 3 == 0) {
      operation.reload();
    } else {
      operation.rotateLog();
    }
  }
  operation.rotateLog();
}

/// When nobody asks any more, nothing may be left of those who did.
void checkRest(World& world) {
  e2e::Process& process = world.daemon().process();
  // Listeners, the loop's own, and connections that are kept to the origin.
  constexpr std::size_t kSocketsAtRest = 40;
  const bool isQuiet = e2e::eventually([&] {
    return world.daemon().metrics().sum("skiff_instances", {{"state", "busy"}}) == 0 &&
           socketsOf(process.id()) <= kSocketsAtRest;
  });
  const auto readings = process.readings();
  std::printf("at rest: %zu MiB, %zu descriptors, of these %zu sockets, %zu threads\n",
              readings.residentBytes >> 20, readings.descriptors, socketsOf(process.id()),
              readings.threads);
  if (!isQuiet) world.report().violation("instances stay busy, or sockets stay open, at rest");
  if (world.daemon().terminate() != e2e::Ending{0, 0}) {
    world.report().violation("the daemon does not end well");
  }
}

int run(const Options& options) {
  Report report(options.seed);
  const Ticker ticker(report);
  std::printf("a soak of %u s, --seed %llu\n", options.seconds,
              static_cast<unsigned long long>(options.seed));
  std::fflush(stdout);
  expectAll(report, options.seconds / 60.0 * (e2e::kSanitized ? 0.25 : 1));
  const Origin origin;
  World world(report, origin.port());
  QuietTimes times;
  std::optional<Readings> readings;  // of the mix alone
  double baseline = 0;
  std::vector<double> p99s;
  {
    Actors actors(world);
    startQuiet(actors, world, times);
    world.pause(std::max<std::chrono::milliseconds>(std::chrono::seconds(options.seconds) / 20,
                                                    std::chrono::seconds(2)));
    baseline = times.takeP99().first;
    std::printf("the quiet tenant alone: p99 %.1f ms\n", baseline);
    startVisitors(actors, world);
    startDeployers(actors, world);
    startAttackers(actors, world);
    readings.emplace(world.daemon().process().id());
    Figures figures(world, *readings, times);
    try {
      Operator operation(world, *readings);
      operate(world, operation, std::chrono::seconds(options.seconds));
    } catch (const std::exception& error) {
      report.failure(std::string("operator: ") + error.what());
    }
    world.stop = true;
    readings->pause();
    actors.finish();
    figures.finish();
    p99s = figures.p99s;
  }
  try {
    checkRest(world);
  } catch (const std::exception& error) {
    report.failure(std::string("at rest: ") + error.what());
  }
  readings->judge(report);
  std::sort(p99s.begin(), p99s.end());
  if (!p99s.empty()) {
    const double median = p99s[p99s.size() / 2];
    const bool isShort = std::chrono::seconds(options.seconds) < kShort;
    const double bound =
        isShort ? kShortP99Factor * baseline + kShortP99Slack : kP99Factor * baseline + kP99Slack;
    std::printf(
        "the quiet tenant: p99 alone %.1f ms; in the mix, by tens of seconds: median %.1f, "
        "worst %.1f; bound for the median %.1f\n",
        baseline, median, p99s.back(), bound);
    if (median > bound) report.violation("the quiet tenant's p99 is beyond its bound");
  }
  const bool isEnough = report.printCounts();
  std::printf("%zu violations%s, --seed %llu\n", report.violations(),
              isEnough ? "" : ", and too little of some activity",
              static_cast<unsigned long long>(options.seed));
  if (report.violations() != 0) {
    std::printf("what skiffd said:\n%s\n",
                world.daemon().process().text(e2e::Process::Stream::error).c_str());
  }
  return report.violations() == 0 && isEnough ? 0 : 1;
}

}  // namespace
}  // namespace skiff::soak

int main(int count, char** words) {
  CLI::App app{
      "Runs skiffd under everything at once (deployments, canaries, hostile guests, TLS, HTTP/2, "
      "slow and broken clients, restarts) and checks what must hold all the time. Exits with 0 if "
      "it did, and if there was enough of everything.",
      "skiff_soak"};
  skiff::soak::Options options;
  options.seed = std::random_device()();
  app.add_option("--seconds", options.seconds, "How long")->check(CLI::Range(5U, 1'000'000U));
  app.add_option("--seed", options.seed, "Of an earlier run: draws the same again");
  CLI11_PARSE(app, count, words);
  return skiff::soak::run(options);
}
