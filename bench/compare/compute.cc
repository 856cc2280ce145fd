#include <boost/json/parse.hpp>
#include <stdexcept>

#include "bench/compare/affinity.h"
#include "bench/compare/catalogue.h"
#include "bench/compare/skiffd.h"
#include "bench/compare/workerd.h"

namespace skiff::bench {
namespace {

/// Some 8 ms of computing.
constexpr const char* kTarget = "/?rounds=200";

Run runNode(const Places& places, const std::filesystem::path& guest, double seconds,
            std::string& body) {
  std::unique_ptr<e2e::Process> node;
  {
    const OnProcessor pinned(kServerProcessor);
    node = std::make_unique<e2e::Process>(
        places.node, std::vector<std::string>{places.workers / "compute_node.mjs", guest, kTarget,
                                              std::to_string(seconds)});
  }
  const auto ending = node->wait(std::chrono::seconds(static_cast<int>(seconds) + 60));
  const std::string text = node->text(e2e::Process::Stream::output);
  if (!ending || *ending != e2e::Ending{}) {
    throw std::runtime_error("Node.js did not run to its end:\n" + text +
                             node->text(e2e::Process::Stream::error));
  }
  const boost::json::value said = boost::json::parse(text);
  const auto number = [&](const char* key) { return said.at(key).to_number<double>(); };
  Run run;
  run.requests = static_cast<std::uint64_t>(number("requests"));
  run.requestsPerSecond = number("requests") / number("seconds");
  run.p50 = number("p50");
  run.p99 = number("p99");
  run.cpu = number("cpu");
  run.busy = run.cpu / 1e6 * run.requestsPerSecond;
  run.resident = static_cast<std::size_t>(number("resident"));
  body = said.at("body").as_string();
  return run;
}

}  // namespace

Workload compute(const Places& places) {
  const std::filesystem::path guest = places.guests / "bench/compute.wasm";
  Workload workload;
  workload.name = "compute";
  workload.shows =
      "How fast a guest's own code runs: SHA-256 and the Mandelbrot set, some milliseconds of it, "
      "beside the same module in Node.js without any server.";
  workload.load.requests = {{"compute.test", kTarget}};
  // One would leave the server waiting for the load, and many share a processor among guests.
  workload.load.connections = 2;
  workload.contestants = {
      {"skiff",
       [=] {
         return std::make_unique<Skiffd>(places, SkiffSettings{{{"compute", guest}}});
       }},
      {"workerd, shared instance",
       [=] {
         return std::make_unique<Workerd>(places,
                                          WorkerdSettings{{{"shared", "shared", guest, {}}}});
       }},
  };
  workload.solos = {{"Node.js, no server", [=](double seconds, std::string& body) {
                       return runNode(places, guest, seconds, body);
                     }}};
  workload.aims = {{"CPU time per request, of Node.js's without a server", Metric::cpu, "skiff",
                    "Node.js, no server", Bound::atMost, 1.03},
                   {"requests per second, of Node.js's without a server", Metric::requestsPerSecond,
                    "skiff", "Node.js, no server", Bound::atLeast, 0.97}};
  return workload;
}

}  // namespace skiff::bench
