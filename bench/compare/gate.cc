#include "bench/compare/gate.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <map>
#include <stdexcept>

#include "bench/compare/catalogue.h"
#include "bench/compare/instructions.h"
#include "bench/compare/step_counter.h"
#include "bench/compare/text.h"
#include "tests/e2e/client.h"

namespace skiff::bench {
namespace {

namespace json = boost::json;

constexpr double kMostRise = 0.05;
/// Until hot pages are known and nothing is done for the first time.
constexpr int kWarmUpRequests = 2000;
constexpr int kCountedRequests = 5000;
constexpr int kSteppedRequests = 25;
/// Between stepped requests: to the daemon, a stepped guest overran, and one that does so again and
/// again is run beside the shard, where not all of it is counted. It takes so many to forget that.
constexpr int kOrdinaryRequests = 150;

struct Counted {
  std::string method;
  double perRequest = 0;
};

const Contestant& ours(const Workload& workload) {
  for (const Contestant& contestant : workload.contestants) {
    if (contestant.name == "skiff") return contestant;
  }
  throw std::logic_error(workload.name + " has no row of skiff's");
}

Counted count(const Workload& workload) {
  const std::unique_ptr<Peer> peer = ours(workload).start();
  const LoadRequest& asked = workload.load.requests.front();
  const std::string text = e2e::request(asked.method, asked.host, asked.target, asked.body);
  e2e::Client client(peer->port(), std::chrono::minutes(2));
  const auto ask = [&](int times) {
    for (int i = 0; i < times; ++i) {
      const e2e::Response response = client.ask(text);
      if (response.status != 200) {
        throw std::runtime_error(workload.name + " is answered with " +
                                 std::to_string(response.status) + ": " + response.body);
      }
    }
  };
  ask(kWarmUpRequests);
  if (const auto counter = InstructionCounter::start(peer->id())) {
    ask(kCountedRequests);
    return {"perf_event_open", static_cast<double>(counter->read()) / kCountedRequests};
  }
  const SteppedThreads threads{
      peer->id(), {"shard-", "standby", "overrun", "skiff-file-io"}, {"watchdog"}};
  std::vector<double> steps;
  for (int i = 0; i < kSteppedRequests; ++i) {
    steps.push_back(static_cast<double>(countSteps(threads, [&] { ask(1); })));
    ask(kOrdinaryRequests);
  }
  // What meets a timer's work in its turn takes more: the lower quartile is where most others lie.
  std::sort(steps.begin(), steps.end());
  return {"single steps", steps[steps.size() / 4]};
}

json::object read(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) {
    throw std::runtime_error("there is no baseline in " + file.string() +
                             ": make bench-gate UPDATE=1 writes one");
  }
  return json::parse(bytesOf(file)).as_object();
}

bool compareWith(const json::object& baseline, const std::string& method,
                 const std::map<std::string, double>& counted) {
  if (baseline.at("method").as_string() != method) {
    throw std::runtime_error("the baseline was counted by " +
                             std::string(baseline.at("method").as_string()) + ", and this by " +
                             method + ": make bench-gate UPDATE=1 writes a new one");
  }
  bool isGood = true;
  std::printf("%-10s %14s %14s %9s\n", "workload", "baseline", "now", "change");
  for (const auto& [name, value] : counted) {
    const double before = baseline.at("instructions_per_request").at(name).to_number<double>();
    const double rise = value / before - 1;
    const bool isRise = rise > kMostRise;
    std::printf("%-10s %14.0f %14.0f %+8.1f%%%s\n", name.c_str(), before, value, 100 * rise,
                isRise ? "  TOO MUCH" : "");
    isGood = isGood && !isRise;
  }
  return isGood;
}

}  // namespace

bool gate(const Places& places, const std::filesystem::path& file, Baseline what) {
  std::string method;
  std::map<std::string, double> counted;
  for (const Workload& workload : {hello(places), staticFiles(places), handler(places)}) {
    const Counted result = count(workload);
    method = result.method;
    counted[workload.name] = result.perRequest;
  }
  std::printf("Instructions per request in user space, counted by %s\n", method.c_str());
  if (what == Baseline::compare) return compareWith(read(file), method, counted);
  json::object values;
  for (const auto& [name, value] : counted) {
    std::printf("%-10s %14.0f\n", name.c_str(), value);
    values[name] = value;
  }
  writeFile(file, json::serialize(
                      json::object{{"method", method}, {"instructions_per_request", values}}) +
                      "\n");
  return true;
}

}  // namespace skiff::bench
