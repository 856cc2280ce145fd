#include "bench/compare/catalogue.h"
#include "bench/compare/tenants.h"

namespace skiff::bench {
Workload manyTenants(const Places& places, std::size_t apps, Choice choice) {
  Workload workload;
  const std::string count = std::to_string(apps);
  workload.name = "many-tenants-" + count + (choice == Choice::zipf ? "-zipf" : "");
  workload.shows = "What it costs to go from tenant to tenant: " + count +
                   " warm apps, each a module of its own, asked " +
                   (choice == Choice::zipf ? "by Zipf's law." : "at random.");
  for (std::size_t i = 0; i < apps; ++i) {
    LoadRequest request{tenantName(i) + ".test"};
    if (choice == Choice::zipf) request.weight = 1 / static_cast<double>(i + 1);
    workload.load.requests.push_back(request);
  }
  workload.contestants = {
      {"nginx", [=] { return nginxOfMany(places, apps); }},
      {"skiff", [=] { return skiffdOfMany(places, apps, "min_instances = 1"); }},
      {"skiff, reuse",
       [=] { return skiffdOfMany(places, apps, "min_instances = 1\nreuse = \"dirty\""); }},
      {"workerd, JavaScript", [=] { return workerdOfMany(places, apps); }},
  };
  if (choice == Choice::uniform) {
    workload.aims = {{"requests per second, of nginx's", Metric::requestsPerSecond, "skiff",
                      "nginx", Bound::atLeast, apps >= 1000 ? 0.5 : 0.7},
                     {"server's CPU time per request, of nginx's", Metric::cpu, "skiff", "nginx",
                      Bound::atMost, apps >= 1000 ? 1 / 0.5 : 1 / 0.7}};
    if (apps >= 1000) {
      workload.aims.push_back({"resident memory of 1,000 warm apps, MiB", Metric::resident, "skiff",
                               "", Bound::atMost, 1.3 * 1024});
    }
  }
  return workload;
}

}  // namespace skiff::bench
