#include "bench/compare/catalogue.h"
#include "bench/compare/nginx.h"
#include "bench/compare/skiffd.h"
#include "bench/compare/workerd.h"

namespace skiff::bench {
namespace {

constexpr const char* kHost = "hello.test";

std::vector<Contestant> contestants(const Places& places) {
  const std::filesystem::path guest = places.guests / "hello_wat.wasm";
  const auto worker = [places](const std::string& script, const std::filesystem::path& module) {
    return [=] {
      return std::make_unique<Workerd>(places, WorkerdSettings{{{script, script, module, {}}}});
    };
  };
  return {
      {"nginx",
       [places] {
         return std::make_unique<Nginx>(
             places, "server { listen PORT; location / { return 200 \"Hello from wasm\"; } }");
       }},
      {"skiff",
       [=] {
         return std::make_unique<Skiffd>(places, SkiffSettings{{{"hello", guest}}});
       }},
      {"skiff, reuse",
       [=] {
         return std::make_unique<Skiffd>(places,
                                         SkiffSettings{{{"hello", guest, "reuse = \"dirty\""}}});
       }},
      {"workerd, JavaScript", worker("hello", {})},
      {"workerd, shared instance", worker("shared", guest)},
      {"workerd, new instance", worker("fresh", guest)},
  };
}

}  // namespace

Workload hello(const Places& places) {
  Workload workload;
  workload.name = "hello";
  workload.shows =
      "What a request costs at the least: a constant answer of 15 bytes over connections that "
      "stay.";
  workload.load.requests = {{kHost}};
  workload.contestants = contestants(places);
  workload.aims = {
      {"requests per second, of nginx's", Metric::requestsPerSecond, "skiff", "nginx",
       Bound::atLeast, 0.95},
      {"requests per second, of workerd's with a shared instance", Metric::requestsPerSecond,
       "skiff", "workerd, shared instance", Bound::atLeast, 8},
      {"p99, of nginx's", Metric::p99, "skiff", "nginx", Bound::atMost, 1.5},
      {"p99, of workerd's with a shared instance", Metric::p99, "skiff", "workerd, shared instance",
       Bound::atMost, 0.05},
      {"server's CPU time per request, of nginx's", Metric::cpu, "skiff", "nginx", Bound::atMost,
       1 / 0.95},
  };
  return workload;
}

Workload helloClose(const Places& places) {
  Workload workload;
  workload.name = "hello-close";
  workload.shows =
      "What a connection costs: the same answer, on a new connection for each request.";
  workload.load.requests = {{kHost}};
  workload.load.between = Connections::closed;
  workload.contestants = contestants(places);
  workload.aims = {{"requests per second, of nginx's", Metric::requestsPerSecond, "skiff", "nginx",
                    Bound::atLeast, 0.95}};
  return workload;
}

}  // namespace skiff::bench
