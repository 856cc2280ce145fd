#include <algorithm>
#include <thread>

#include "bench/compare/catalogue.h"
#include "bench/compare/nginx.h"
#include "bench/compare/skiffd.h"
#include "bench/compare/tenants.h"

namespace skiff::bench {
namespace {

constexpr std::size_t kConnections = 64;
constexpr const char* kLocation = "location / { return 200 \"Hello from wasm\"; }";

std::string counted(std::size_t number, const std::string& what) {
  return std::to_string(number) + ' ' + what + (number == 1 ? "" : "s");
}

SkiffSettings helloSettings(const Places& places, int shards = 1) {
  return {.apps = {{"hello", places.guests / "hello_wat.wasm"}}, .shards = shards};
}

LoadShape helloLoad(std::size_t connections) {
  LoadShape load;
  load.requests = {{"hello.test"}};
  load.connections = connections;
  return load;
}

/// 1, 2, 4 and so on, and all that there are.
std::vector<int> shardCounts(int processors) {
  std::vector<int> counts;
  for (int count = 1; count < processors; count *= 2) counts.push_back(count);
  counts.push_back(processors);
  return counts;
}

/// A thread of wrk's asks about as much as a shard answers: two for each, where there are
/// processors for them that the server leaves; where there are not even as many as its own, as many
/// as its own, on all processors.
void place(LoadShape& load, int shards, int processors) {
  const int left = processors - shards;
  load.processors = left >= shards ? Processors{shards, left} : Processors{0, processors};
  load.threads = static_cast<std::size_t>(left >= shards ? std::min(left, 2 * shards) : shards);
}

}  // namespace

Workload scalingConnections(const Places& places) {
  Workload workload;
  workload.name = "scaling-connections";
  workload.shows =
      "How a constant answer scales with the connections that ask for it at the same time.";
  workload.axis = "connections";
  workload.asked = "wrk on one thread";
  for (const std::size_t connections : {1, 8, 64, 512, 4096}) {
    const LoadShape load = helloLoad(connections);
    const std::string at = ", " + counted(connections, "connection");
    workload.contestants.push_back(
        {.name = "nginx" + at,
         .start =
             [places] {
               // All of them come at once: Debian's nginx lets 511 wait unless told.
               return std::make_unique<Nginx>(
                   places, NginxSettings{.servers = std::string("server { listen PORT backlog=") +
                                                    "65535; " + kLocation + " }",
                                         .connections = 16'384});
             },
         .point = Point{"nginx", connections, load}});
    workload.contestants.push_back(
        {.name = "skiff" + at,
         .start = [places] { return std::make_unique<Skiffd>(places, helloSettings(places)); },
         .point = Point{"skiff", connections, load}});
  }
  return workload;
}

Workload scalingShards(const Places& places) {
  const int processors = std::max(2, static_cast<int>(std::thread::hardware_concurrency()));
  Workload workload;
  workload.name = "scaling-shards";
  workload.shows =
      "How a constant answer scales with the shards that give it, beside as many workers of "
      "nginx's.";
  workload.axis = "shards";
  workload.asked = "wrk, " + std::to_string(kConnections) + " connections for each shard";
  workload.placed =
      "the server on as many processors as it has shards, the load on the others with up to two "
      "threads for each shard; where the others are fewer than the shards, it "
      "shares all " +
      std::to_string(processors) + " with the server, as the row says";
  for (const int shards : shardCounts(processors)) {
    const auto count = static_cast<std::size_t>(shards);
    LoadShape load = helloLoad(kConnections * count);
    place(load, shards, processors);
    const std::string shared = load.processors.first == 0 ? ", sharing with the load" : "";
    workload.contestants.push_back(
        {.name = "nginx, " + counted(count, "worker") + shared,
         .start = [=] { return std::make_unique<NginxWorkers>(places, shards, kLocation); },
         .point = Point{"nginx", count, load}});
    workload.contestants.push_back(
        {.name = "skiff, " + counted(count, "shard") + shared,
         .start = [=] { return std::make_unique<Skiffd>(places, helloSettings(places, shards)); },
         .point = Point{"skiff", count, load}});
  }
  return workload;
}

Workload scalingTenants(const Places& places) {
  Workload workload;
  workload.name = "scaling-tenants";
  workload.shows =
      "How a constant answer scales with the warm tenants that are asked for it at random, each "
      "with a module of its own.";
  workload.axis = "tenants";
  workload.asked = "wrk on one thread, " + std::to_string(kConnections) + " connections";
  for (const std::size_t tenants : {1, 10, 100, 1000}) {
    LoadShape load;
    load.connections = kConnections;
    // A single tenant twice: wrk draws from two as it does from a thousand, and is no faster.
    for (std::size_t i = 0; i < std::max<std::size_t>(2, tenants); ++i) {
      load.requests.push_back({tenantName(i % tenants) + ".test"});
    }
    const std::string at = ", " + counted(tenants, "tenant");
    workload.contestants.push_back({.name = "nginx" + at,
                                    .start = [=] { return nginxOfMany(places, tenants); },
                                    .point = Point{"nginx", tenants, load}});
    workload.contestants.push_back(
        {.name = "skiff" + at,
         .start = [=] { return skiffdOfMany(places, tenants, "min_instances = 1"); },
         .point = Point{"skiff", tenants, load}});
  }
  return workload;
}

}  // namespace skiff::bench
