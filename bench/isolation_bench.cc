// How little tenants feel of each other, and how exact their limits are: real daemons under load.
// Prints a table and writes JSON. Nothing here is a test: the machine decides as well.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <sstream>
#include <thread>

#include "bench/http_load.h"
#include "bench/machine.h"
#include "tests/e2e/daemon.h"

namespace skiff::bench {
namespace {

using e2e::ConfigText;
using e2e::Daemon;
using e2e::request;

double seconds = 5;
int repetitions = 3;

/// What was measured, with what it should be.
struct Figure {
  std::string scenario;
  std::string name;
  double value = 0;
  std::string unit;
  std::optional<double> atLeast;
  std::optional<double> atMost;

  bool isMet() const { return (!atLeast || value >= *atLeast) && (!atMost || value <= *atMost); }
};
std::vector<Figure> figures;

void report(Figure figure) {
  std::ostringstream target;
  if (figure.atLeast && figure.atMost) {
    target << *figure.atLeast << " to " << *figure.atMost;
  } else if (figure.atLeast) {
    target << "at least " << *figure.atLeast;
  } else if (figure.atMost) {
    target << "at most " << *figure.atMost;
  }
  std::printf("%-12s %-44s %10.3f %-6s %-16s %s\n", figure.scenario.c_str(), figure.name.c_str(),
              figure.value, figure.unit.c_str(), target.str().c_str(),
              target.str().empty() ? "" : (figure.isMet() ? "met" : "MISSED"));
  std::fflush(stdout);
  figures.push_back(std::move(figure));
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

/// A daemon on one processor; the load, which is made afterwards, is on another.
std::unique_ptr<Daemon> pinnedDaemon(const ConfigText& config) {
  pinTo(0);
  auto daemon = std::make_unique<Daemon>(config);
  pinTo(1);
  return daemon;
}

void pause(double time) {
  std::this_thread::sleep_for(std::chrono::duration<double>(time));
}

std::function<std::string()> asking(const std::string& host, const std::string& target) {
  return [text = request("GET", host, target)] { return text; };
}

double guestCpu(const Daemon& daemon, const std::string& app) {
  return daemon.metrics().sum("skiff_guest_cpu_seconds_total", {{"app", app}});
}

/// Steps of the guest's /work that take a millisecond of CPU time.
double stepsPerMillisecond(const Daemon& daemon, const std::string& app) {
  constexpr double kSteps = 20e6;
  const std::string host = app + ".test";
  std::vector<double> times;
  for (int i = 0; i < 3; ++i) {
    const double before = guestCpu(daemon, app);
    daemon.get(host, "/work?steps=20000000");
    times.push_back((guestCpu(daemon, app) - before) * 1000);
  }
  return kSteps / median(times);
}

ConfigText neighbours() {
  ConfigText config;
  config.server = "access_log = \"off\"\n";
  config.limits = "cpu_ms = 50\nqueue_ms = 30000\nmemory = \"64MiB\"\n";
  config.apps = {{"quiet", "hello_wat", {}, {}, "quiet"},
                 {"noisy", "hostile/misbehave", {}, {}, "noisy"}};
  return config;
}

LoadReport quietLoad(const Daemon& daemon) {
  HttpLoad load({daemon.port(), 8, 1000, asking("quiet.test", "/")});
  pause(seconds);
  return load.finish();
}

/// A quiet tenant alone and beside noise, in turns.
void besides(const std::string& scenario, const std::string& what, std::size_t connections,
             const std::function<std::function<std::string()>(const Daemon&)>& noise) {
  const auto daemon = pinnedDaemon(neighbours());
  const auto next = noise(*daemon);
  std::vector<double> aloneP50, aloneP99, p50, p99, p999, throughput;
  for (int i = 0; i < repetitions; ++i) {
    const LoadReport alone = quietLoad(*daemon);
    HttpLoad noisy({daemon->port(), connections, 0, next, true});
    pause(0.5);
    const LoadReport beside = quietLoad(*daemon);
    noisy.finish();
    aloneP50.push_back(alone.quantile(0.5));
    aloneP99.push_back(alone.quantile(0.99));
    p50.push_back(beside.quantile(0.5));
    p99.push_back(beside.quantile(0.99));
    p999.push_back(beside.quantile(0.999));
    throughput.push_back(beside.perSecond() / alone.perSecond());
  }
  report({scenario, "quiet alone, p50", median(aloneP50), "ms", {}, {}});
  report({scenario, "quiet alone, p99", median(aloneP99), "ms", {}, {}});
  report({scenario, "beside " + what + ", p50", median(p50), "ms", {}, {}});
  report({scenario, "beside " + what + ", p99", median(p99), "ms", {}, 1.0});
  report({scenario, "beside " + what + ", p99.9", median(p999), "ms", {}, {}});
  report({scenario, "hand-offs", daemon->metrics().sum("skiff_handoffs_total"), "", {}, {}});
  report({scenario, "p99 beside / alone", median(p99) / median(aloneP99), "", {}, 1.5});
  report({scenario, "throughput beside / alone", median(throughput), "", 0.95, {}});
}

void spin() {
  besides("spin", "8 that spin", 8, [](const Daemon&) { return asking("noisy.test", "/spin"); });
}
void grow() {
  besides("grow", "8 that grow", 8, [](const Daemon&) { return asking("noisy.test", "/grow"); });
}
void flood() {
  besides("flood", "8 that flood", 8,
          [](const Daemon&) { return asking("noisy.test", "/output"); });
}
void mixed() {
  besides("mixed", "16 that take 0 to 5 ms", 16, [](const Daemon& daemon) {
    const double perMillisecond = stepsPerMillisecond(daemon, "noisy");
    auto random = std::make_shared<std::mt19937>(1);
    return [random, perMillisecond] {
      const double time = std::uniform_real_distribution<>(0, 5)(*random);
      return request("GET", "noisy.test",
                     "/work?steps=" + std::to_string(static_cast<long>(time * perMillisecond)));
    };
  });
}

/// What spinners get while a quiet tenant saturates its shard.
void share() {
  const auto daemon = pinnedDaemon(neighbours());
  HttpLoad quiet({daemon->port(), 16, 0, asking("quiet.test", "/")});
  HttpLoad noisy({daemon->port(), 8, 0, asking("noisy.test", "/spin"), true});
  pause(1);
  double least = 1e9;
  for (int i = 0; i < static_cast<int>(seconds) + 2; ++i) {
    const double before = guestCpu(*daemon, "noisy");
    const auto begin = Clock::now();
    pause(1);
    const double used = guestCpu(*daemon, "noisy") - before;
    least = std::min(least, used / std::chrono::duration<double>(Clock::now() - begin).count());
  }
  const double rate = quiet.finish().perSecond();
  noisy.finish();
  report({"share", "quiet, saturating", rate, "1/s", {}, {}});
  report({"share", "spinners, in their worst second", least, "cores", 0.1, {}});
}

void weights() {
  std::string text =
      "[server]\nlisten = [\"127.0.0.1:0\"]\naccess_log = \"off\"\n[admin]\nlisten = "
      "\"127.0.0.1:0\"\n[limits]\nqueue_ms = 30000\n";
  for (const int weight : {1, 2, 4}) {
    const std::string name = "w" + std::to_string(weight);
    text += "[[tenant]]\nname = \"" + name +
            "\"\n[tenant.limits]\nweight = " + std::to_string(weight) +
            "\n[[tenant.app]]\nname = \"" + name + "\"\nmodule = \"" +
            e2e::guestFile("hostile/misbehave") + "\"\nroutes = [\"" + name + ".test/*\"]\n";
  }
  pinTo(std::nullopt);
  Daemon daemon(text);
  std::deque<HttpLoad> loads;
  for (const int weight : {1, 2, 4}) {
    loads.emplace_back(LoadSettings{daemon.port(), 16, 0,
                                    asking("w" + std::to_string(weight) + ".test", "/spin")});
  }
  pause(1);
  std::map<int, double> used;
  for (const int weight : {1, 2, 4}) used[weight] = -guestCpu(daemon, "w" + std::to_string(weight));
  pause(10);
  double sum = 0;
  for (const int weight : {1, 2, 4}) {
    sum += used[weight] += guestCpu(daemon, "w" + std::to_string(weight));
  }
  loads.clear();
  for (const int weight : {1, 2, 4}) {
    report({"weights", "weight " + std::to_string(weight) + ": part / fair part",
            used[weight] / sum / (weight / 7.0), "", 0.9, 1.1});
  }
  report({"weights", "all of them", sum / 10, "cores", {}, {}});
}

void cpuShare() {
  ConfigText config = neighbours();
  config.apps = {{"quarter", "hostile/misbehave", {}, "cpu_share = 250\ncpu_burst_ms = 20\n"}};
  pinTo(std::nullopt);
  Daemon daemon(config);
  HttpLoad load({daemon.port(), 4, 0, asking("quarter.test", "/spin")});
  pause(1);
  const double before = daemon.metrics().sum("skiff_guest_cpu_seconds_total");
  const auto begin = Clock::now();
  pause(10);
  const double used = daemon.metrics().sum("skiff_guest_cpu_seconds_total") - before;
  const double time = std::chrono::duration<double>(Clock::now() - begin).count();
  load.finish();
  report({"cpu_share", "cpu_share = 250", used / time, "cores", 0.2375, 0.2625});
}

void kills(const std::string& name, int busyThreads) {
  ConfigText config = neighbours();
  config.server.clear();
  config.apps = {{"spin", "hostile/misbehave", {}, "cpu_ms = 20\n"}};
  pinTo(std::nullopt);
  Daemon daemon(config);
  std::atomic<bool> stop{false};
  std::vector<std::thread> busy;
  for (int i = 0; i < busyThreads; ++i) {
    busy.emplace_back([&stop] {
      while (!stop) {
      }
    });
  }
  constexpr int kRuns = 1000;
  e2e::Client client = daemon.connect();
  for (int i = 0; i < kRuns; ++i) {
    client.ask(request("GET", "spin.test", "/spin?" + std::to_string(i)));
  }
  stop = true;
  for (std::thread& thread : busy) thread.join();
  daemon.terminate();
  std::vector<double> used;
  std::istringstream log(daemon.process().text(e2e::Process::Stream::output));
  for (std::string line; std::getline(log, line);) {
    const std::string cpu = e2e::AccessLine{line}.value("cpu_ms");
    if (!cpu.empty()) used.push_back(std::stod(cpu));
  }
  std::sort(used.begin(), used.end());
  const auto within =
      std::count_if(used.begin(), used.end(), [](double time) { return time >= 20 && time <= 22; });
  report({"kills",
          name + ": of 1,000, stopped at 20 to 22 ms",
          static_cast<double>(within) * 100 / static_cast<double>(used.size()),
          "%",
          99,
          {}});
  report({"kills", name + ": median", used[used.size() / 2], "ms", {}, {}});
  report({"kills", name + ": latest", used.back(), "ms", {}, {}});
}

void killLatency() {
  kills("idle", 0);
  kills("2 busy threads", 2);
}

/// The kernel's word for what a process's threads of a name used.
double threadSeconds(pid_t process, const std::vector<std::string>& names) {
  double sum = 0;
  const std::filesystem::path tasks = "/proc/" + std::to_string(process) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    if (std::none_of(names.begin(), names.end(),
                     [&](const std::string& n) { return name.starts_with(n); })) {
      continue;
    }
    double nanoseconds = 0;
    std::ifstream(task.path() / "schedstat") >> nanoseconds;
    sum += nanoseconds / 1e9;
  }
  return sum;
}

void accounting() {
  ConfigText config = neighbours();
  pinTo(std::nullopt);
  Daemon daemon(config);
  const double perMillisecond = stepsPerMillisecond(daemon, "noisy");
  auto random = std::make_shared<std::mt19937>(1);
  HttpLoad work({daemon.port(), 8, 0, [random, perMillisecond] {
                   const double time = std::uniform_real_distribution<>(5, 60)(*random);
                   return request(
                       "GET", "noisy.test",
                       "/work?steps=" + std::to_string(static_cast<long>(time * perMillisecond)));
                 }});
  pause(0.5);
  // Threads come and go; those that carry guests are these.
  const std::vector<std::string> names{"overrun", "shard", "standby"};
  const double before = threadSeconds(daemon.process().id(), names);
  const double guestsBefore = daemon.metrics().sum("skiff_guest_cpu_seconds_total");
  pause(std::max(10.0, seconds));
  const double guests = daemon.metrics().sum("skiff_guest_cpu_seconds_total") - guestsBefore;
  const double threads = threadSeconds(daemon.process().id(), names) - before;
  work.finish();
  report({"accounting", "guests' CPU / their threads' CPU", guests / threads, "", 0.97, 1.03});
}

/// A tenant that may read 1 MiB/s reads a large file, beside one that may read what it can.
void io() {
  constexpr double kMebibytes = 8;
  const TemporaryFolder folder;
  std::ofstream(folder / "data") << std::string(static_cast<std::size_t>(kMebibytes) << 20, 'x');
  std::ofstream(folder / "reader.lua") << R"(
local file = assert(io.open("/data", "r"))
file:setvbuf("no")
local size = 0
while true do
  local part = file:read(65536)
  if not part then break end
  size = size + #part
end
print("Content-Type: text/plain\n")
io.write(size)
)";
  const std::string keys = "args = [\"/reader.lua\"]\nfiles = \"" + (folder / "").string() + "\"\n";
  ConfigText config;
  config.server = "access_log = \"off\"\n";
  config.limits = "cpu_ms = 10000\n";
  config.apps = {{"slow", "lua", keys, "io_bytes_per_s = \"1MiB\"\n", "slow"},
                 {"fast", "lua", keys, {}, "fast"}};
  pinTo(std::nullopt);
  const Daemon daemon(config);
  const auto rate = [&](const std::string& app) {
    const auto begin = Clock::now();
    daemon.get(app + ".test");
    return kMebibytes / std::chrono::duration<double>(Clock::now() - begin).count();
  };
  const auto fast = [&] {
    std::vector<double> rates;
    for (int i = 0; i < 50; ++i) rates.push_back(rate("fast"));
    return median(rates);
  };
  fast();
  const double alone = fast();
  double slow = 0;
  std::thread reader([&] { slow = rate("slow"); });
  const double beside = fast();
  reader.join();
  report({"io", "a tenant that may read 1 MiB/s", slow, "MiB/s", 0.95, 1.05});
  report({"io", "its neighbour", beside, "MiB/s", {}, {}});
  report({"io", "the neighbour beside / alone", beside / alone, "", {}, {}});
}

void liveChange() {
  const auto config = [](int cpu) {
    ConfigText text = neighbours();
    text.limits = "wall_ms = 600000\ncpu_ms = " + std::to_string(cpu) + "\n";
    return text.text();
  };
  pinTo(std::nullopt);
  Daemon daemon(config(250'000));
  std::vector<double> times;
  for (int i = 0; i < 20; ++i) {
    e2e::Client client = daemon.connect();
    client.send(request("GET", "noisy.test", "/spin"));
    pause(0.2);
    std::ofstream(daemon.configFile(), std::ios::trunc) << config(50);
    const auto begin = Clock::now();
    daemon.process().signal(SIGHUP);
    client.receive();
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    daemon.reload(config(250'000));
    pause(0.2);
  }
  report({"live", "SIGHUP to the end of a running guest, median", median(times), "ms", {}, 10});
}

void writeJson(const std::string& file) {
  std::ofstream out(file, std::ios::trunc);
  out << "{\"seconds\":" << seconds << ",\"repetitions\":" << repetitions << ",\"figures\":[";
  bool first = true;
  for (const Figure& figure : figures) {
    out << (std::exchange(first, false) ? "\n" : ",\n") << "{\"scenario\":\"" << figure.scenario
        << "\",\"name\":\"" << figure.name << "\",\"value\":" << figure.value << ",\"unit\":\""
        << figure.unit << '"';
    if (figure.atLeast) out << ",\"at_least\":" << *figure.atLeast;
    if (figure.atMost) out << ",\"at_most\":" << *figure.atMost;
    out << ",\"met\":" << (figure.isMet() ? "true" : "false") << '}';
  }
  out << "\n]}\n";
}

int run(int count, char** values) {
  const std::vector<std::pair<std::string, void (*)()>> scenarios{{"spin", spin},
                                                                  {"grow", grow},
                                                                  {"flood", flood},
                                                                  {"mixed", mixed},
                                                                  {"share", share},
                                                                  {"weights", weights},
                                                                  {"cpu_share", cpuShare},
                                                                  {"kills", killLatency},
                                                                  {"accounting", accounting},
                                                                  {"io", io},
                                                                  {"live", liveChange}};
  CLI::App options{"Measures how tenants are kept apart, and how exact limits are."};
  std::vector<std::string> only;
  std::string json = "bench-isolation.json";
  options.add_option("--only", only,
                     "Scenarios: spin, grow, flood, mixed, share, weights, "
                     "cpu_share, kills, accounting, io, live");
  options.add_option("--seconds", seconds, "Length of one measurement")->capture_default_str();
  options.add_option("--repetitions", repetitions, "Of which the median counts")
      ->capture_default_str();
  options.add_option("--json", json, "Where the figures are written")->capture_default_str();
  CLI11_PARSE(options, count, values);
  for (const auto& [name, measure] : scenarios) {
    if (!only.empty() && std::find(only.begin(), only.end(), name) == only.end()) continue;
    try {
      measure();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s: %s\n", name.c_str(), error.what());
      return 1;
    }
  }
  writeJson(json);
  return 0;
}

}  // namespace
}  // namespace skiff::bench

int main(int count, char** values) {
  return skiff::bench::run(count, values);
}
