// Route lookups in a table of 10,000 routes, as a server with many tenants has it. Workloads:
//   exact      a host of its own, every route once in random order
//   wildcard   a host below "*.", every route once in random order
//   same       one exact host again and again: what a cache-warm lookup costs
//   miss       hosts that no route names
//   deep_miss  a long path that leaves its host's tree early
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "router/route_pattern.h"
#include "router/route_table.h"

namespace skiff {
namespace {

constexpr RouteTarget kRoutes = 10'000;

struct Request {
  std::string host;
  std::string path;
};

std::string numbered(std::string_view before, RouteTarget number, std::string_view after) {
  return std::string(before) + std::to_string(number) + std::string(after);
}

/// Half exact hosts, half wildcards.
const RouteTable& table() {
  static const RouteTable built = [] {
    std::vector<RouteSpec> specs;
    for (RouteTarget i = 0; i < kRoutes; ++i) {
      const std::string text = i % 2 == 0 ? numbered("app", i, ".example.com/api/*")
                                          : numbered("*.tenant", i, ".example.org/*");
      auto pattern = RoutePattern::parse(text);
      if (!pattern) {
        std::fprintf(stderr, "%s\n", pattern.error().message.c_str());
        std::exit(1);
      }
      specs.push_back({std::move(*pattern), 0, i, "tenant/app"});
    }
    return std::move(*RouteTable::build(specs));
  }();
  return built;
}

/// One request for every second number from `first`, shuffled.
std::vector<Request> requests(RouteTarget first, std::string_view before, std::string_view after,
                              std::string_view path) {
  std::vector<Request> result;
  for (RouteTarget i = first; i < kRoutes; i += 2) {
    result.push_back({numbered(before, i, after), std::string(path)});
  }
  std::shuffle(result.begin(), result.end(), std::mt19937(1));
  return result;
}

void lookUp(benchmark::State& state, const std::vector<Request>& requests, bool expected) {
  const RouteTable& routes = table();
  std::size_t next = 0;
  for (auto _ : state) {
    const Request& request = requests[next];
    if (++next == requests.size()) next = 0;
    RouteMatch match{};
    bool found = routes.lookup(request.host, request.path, match);
    benchmark::DoNotOptimize(match);
    if (found != expected) state.SkipWithError("the lookup gave the wrong answer");
  }
  state.SetItemsProcessed(state.iterations());
}

void exact(benchmark::State& state) {
  lookUp(state, requests(0, "app", ".example.com", "/api/v1/items/42"), true);
}
void wildcard(benchmark::State& state) {
  lookUp(state, requests(1, "www.tenant", ".example.org", "/api/v1/items/42"), true);
}
void same(benchmark::State& state) {
  lookUp(state, {{"app4242.example.com", "/api/v1/items/42"}}, true);
}
void miss(benchmark::State& state) {
  lookUp(state, requests(0, "nobody", ".example.com", "/api/v1/items/42"), false);
}
void deepMiss(benchmark::State& state) {
  std::string path;
  for (int i = 0; i < 1'000; ++i) path += "/segment";
  lookUp(state, {{"app4242.example.com", path}}, false);
}

BENCHMARK(exact)->Name("router/exact");
BENCHMARK(wildcard)->Name("router/wildcard");
BENCHMARK(same)->Name("router/same");
BENCHMARK(miss)->Name("router/miss");
BENCHMARK(deepMiss)->Name("router/deep_miss");

}  // namespace
}  // namespace skiff

BENCHMARK_MAIN();
