#include "bench/compare/catalogue.h"
#include "bench/compare/nginx.h"
#include "bench/compare/skiffd.h"
#include "bench/compare/tenants.h"
#include "bench/compare/text.h"

namespace skiff::bench {
namespace {

/// A module of its own for each, so that each has its own code and its own image.
class ManySkiffd : public Peer {
 public:
  ManySkiffd(const Places& places, std::size_t apps, const std::string& keys) {
    const std::string module = bytesOf(places.guests / "hello_wat.wasm");
    SkiffSettings settings;
    for (std::size_t i = 0; i < apps; ++i) {
      const std::filesystem::path file = folder_ / (tenantName(i) + ".wasm");
      writeFile(file, tenantModule(module, i));
      settings.apps.push_back({tenantName(i), file, keys});
    }
    skiffd_ = std::make_unique<Skiffd>(places, settings);
  }

  std::uint16_t port() const override { return skiffd_->port(); }
  pid_t id() const override { return skiffd_->id(); }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<Skiffd> skiffd_;
};

std::unique_ptr<Peer> startNginx(const Places& places, std::size_t apps) {
  std::string servers = "server_names_hash_max_size 65536;\n";
  for (std::size_t i = 0; i < apps; ++i) {
    servers += "server { listen PORT; server_name " + tenantName(i) +
               ".test; location / { return 200 \"" + tenantAnswer(i) + "\"; } }\n";
  }
  return std::make_unique<Nginx>(places, servers);
}

}  // namespace

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
      {"nginx", [=] { return startNginx(places, apps); }},
      {"skiff", [=] { return std::make_unique<ManySkiffd>(places, apps, "min_instances = 1"); }},
      {"skiff, reuse",
       [=] {
         return std::make_unique<ManySkiffd>(places, apps, "min_instances = 1\nreuse = \"dirty\"");
       }},
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
