#include "bench/compare/compare.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "bench/compare/instructions.h"
#include "bench/compare/wrk.h"
#include "bench/process_tree.h"
#include "tests/e2e/client.h"

namespace skiff::bench {
namespace {

constexpr std::size_t kCheckedRequests = 20;
constexpr double kWarmUpSeconds = 2;

/// Which part of the requests may fail before a run counts for nothing: a connection that is cut at
/// the end of a run is no failure of the server's.
constexpr double kMostFailures = 1e-5;

struct Running {
  const Contestant* contestant;
  std::unique_ptr<Peer> peer;
};

std::string answerTo(const LoadRequest& asked, const Running& running) {
  e2e::Client client(running.peer->port());
  const std::string more = asked.body.empty() ? "" : "Content-Type: " + asked.type + "\r\n";
  const e2e::Response response =
      client.ask(e2e::request(asked.method, asked.host, asked.target, asked.body, more));
  if (response.status != 200) {
    throw std::runtime_error(running.contestant->name + " answers " + asked.method + " " +
                             asked.host + asked.target + " with " +
                             std::to_string(response.status) + ": " + response.body);
  }
  return response.body;
}

/// A few of the requests, from all over, are answered alike by all.
void checkAnswers(const LoadShape& load, const std::vector<Running>& all) {
  const std::size_t step = std::max<std::size_t>(1, load.requests.size() / kCheckedRequests);
  for (std::size_t i = 0; i < load.requests.size(); i += step) {
    const std::string expected = answerTo(load.requests[i], all.front());
    for (const Running& running : all) {
      if (answerTo(load.requests[i], running) != expected) {
        throw std::runtime_error(running.contestant->name + " answers " + load.requests[i].target +
                                 " of " + load.requests[i].host + " with other bytes than " +
                                 all.front().contestant->name);
      }
    }
  }
}

Run measure(const Workload& workload, const Running& running, double seconds) {
  const TemporaryFolder folder;
  const pid_t server = running.peer->id();
  const auto& beside = running.contestant->beside;
  const auto counter = InstructionCounter::start(server);
  const double cpu = cpuSeconds(server);
  const std::unique_ptr<Beside> other = beside ? beside(*running.peer) : nullptr;
  const WrkReport report = runWrk(workload.load, running.peer->port(), seconds, folder / "");
  Run run;
  if (other) other->finish(run);
  const auto requests = static_cast<double>(std::max<std::uint64_t>(1, report.requests));
  const double used = cpuSeconds(server) - cpu;
  run.cpu = used * 1e6 / requests;
  run.busy = used / report.seconds;
  if (counter) run.instructions = static_cast<double>(counter->read()) / requests;
  const MemoryReadings memory = memoryOf(server);
  run.resident = memory.resident;
  run.proportional = memory.proportional;
  run.requests = report.requests;
  run.failures = report.failures;
  run.requestsPerSecond = requests / report.seconds;
  run.p50 = report.p50;
  run.p99 = report.p99;
  if (static_cast<double>(run.failures) > requests * kMostFailures) {
    throw std::runtime_error(running.contestant->name + " failed " + std::to_string(run.failures) +
                             " of " + std::to_string(run.requests) + " requests of " +
                             workload.name);
  }
  return run;
}

void print(int round, const std::string& name, const Run& run) {
  std::printf("  %d  %-32s %10.0f/s  p50 %8.0f us  p99 %8.0f us  cpu %8.2f us  %7.1f MiB\n", round,
              name.c_str(), run.requestsPerSecond, run.p50, run.p99, run.cpu,
              static_cast<double>(run.resident) / (1 << 20));
  std::fflush(stdout);
}

}  // namespace

Outcome compare(const Workload& workload, const Rounds& rounds) {
  std::vector<Running> all;
  for (const Contestant& contestant : workload.contestants) {
    all.push_back({&contestant, contestant.start()});
  }
  checkAnswers(workload.load, all);
  const std::string expected =
      workload.solos.empty() ? "" : answerTo(workload.load.requests.front(), all.front());
  Outcome outcome{&workload, {}};
  for (const Running& running : all) {
    measure(workload, running, kWarmUpSeconds);
    outcome.rows.push_back({running.contestant->name, {}});
  }
  for (const Solo& solo : workload.solos) outcome.rows.push_back({solo.name, {}});
  for (int round = 1; round <= rounds.count; ++round) {
    auto row = outcome.rows.begin();
    for (const Running& running : all) {
      row->runs.push_back(measure(workload, running, rounds.seconds));
      print(round, row->name, row->runs.back());
      ++row;
    }
    for (const Solo& solo : workload.solos) {
      std::string body;
      row->runs.push_back(solo.measure(rounds.seconds, body));
      if (body != expected) {
        throw std::runtime_error(solo.name + " answers other bytes than " +
                                 all.front().contestant->name);
      }
      print(round, row->name, row->runs.back());
      ++row;
    }
  }
  return outcome;
}

}  // namespace skiff::bench
