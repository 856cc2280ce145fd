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

const LoadShape& loadOn(const Workload& workload, const Running& running) {
  const std::optional<Point>& point = running.contestant->point;
  return point ? point->load : workload.load;
}

bool comparable(const Running& one, const Running& other) {
  const std::optional<Point>& point = one.contestant->point;
  const std::optional<Point>& otherPoint = other.contestant->point;
  return point.has_value() == otherPoint.has_value() && (!point || point->x == otherPoint->x);
}

/// A few of the requests, from all over, are answered alike by all that are asked the same.
void checkAnswers(const Workload& workload, const std::vector<Running>& all) {
  for (const Running& running : all) {
    const Running& model = *std::find_if(
        all.begin(), all.end(), [&](const Running& other) { return comparable(running, other); });
    const std::vector<LoadRequest>& requests = loadOn(workload, running).requests;
    const std::size_t step = std::max<std::size_t>(1, requests.size() / kCheckedRequests);
    for (std::size_t i = 0; i < requests.size(); i += step) {
      if (answerTo(requests[i], running) != answerTo(requests[i], model)) {
        throw std::runtime_error(running.contestant->name + " answers " + requests[i].target +
                                 " of " + requests[i].host + " with other bytes than " +
                                 model.contestant->name);
      }
    }
  }
}

double cpuSecondsOf(const std::vector<pid_t>& servers) {
  double sum = 0;
  for (const pid_t server : servers) sum += cpuSeconds(server);
  return sum;
}

Run measure(const Workload& workload, const Running& running, double seconds) {
  const TemporaryFolder folder;
  const std::vector<pid_t> servers = running.peer->ids();
  const auto& beside = running.contestant->beside;
  std::vector<std::unique_ptr<InstructionCounter>> counters;
  for (const pid_t server : servers) {
    if (auto counter = InstructionCounter::start(server)) counters.push_back(std::move(counter));
  }
  const double cpu = cpuSecondsOf(servers);
  const std::unique_ptr<Beside> other = beside ? beside(*running.peer) : nullptr;
  const WrkReport report =
      runWrk(loadOn(workload, running), running.peer->port(), seconds, folder / "");
  Run run;
  if (other) other->finish(run);
  if (report.requests == 0) {
    throw std::runtime_error(running.contestant->name + " answered nothing within " +
                             std::to_string(report.seconds) +
                             " s: is the machine busy with something else?");
  }
  const auto requests = static_cast<double>(report.requests);
  const double used = cpuSecondsOf(servers) - cpu;
  run.cpu = used * 1e6 / requests;
  run.busy = used / report.seconds;
  if (counters.size() == servers.size()) {
    run.instructions = 0;
    for (const auto& counter : counters) {
      *run.instructions += static_cast<double>(counter->read()) / requests;
    }
  }
  for (const pid_t server : servers) {
    const MemoryReadings memory = memoryOf(server);
    run.resident += memory.resident;
    run.proportional += memory.proportional;
  }
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
  checkAnswers(workload, all);
  const std::string expected =
      workload.solos.empty() ? "" : answerTo(workload.load.requests.front(), all.front());
  Outcome outcome{&workload, {}};
  for (const Running& running : all) {
    measure(workload, running, kWarmUpSeconds);
    const std::optional<Point>& point = running.contestant->point;
    outcome.rows.push_back({running.contestant->name, {}, point ? &*point : nullptr});
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
