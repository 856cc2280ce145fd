#include <cmath>
#include <cstdio>

#include "bench/compare/catalogue.h"
#include "bench/compare/nginx.h"
#include "bench/compare/skiffd.h"
#include "bench/compare/text.h"
#include "bench/compare/workerd.h"

namespace skiff::bench {
namespace {

std::string nameOf(std::size_t number) {
  return "tenant" + std::to_string(number);
}

/// As long as what the guest's text was.
std::string answerOf(std::size_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "answer %08zu", number);
  return text;
}

/// A module of its own for each, so that each has its own code and its own image.
class ManySkiffd : public Peer {
 public:
  ManySkiffd(const Places& places, std::size_t apps, const std::string& keys) {
    const std::string module = bytesOf(places.guests / "hello_wat.wasm");
    SkiffSettings settings;
    for (std::size_t i = 0; i < apps; ++i) {
      const std::filesystem::path file = folder_ / (nameOf(i) + ".wasm");
      writeFile(file, replaced(module, "Hello from wasm", answerOf(i)));
      settings.apps.push_back({nameOf(i), file, keys});
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
    servers += "server { listen PORT; server_name " + nameOf(i) +
               ".test; location / { return 200 \"" + answerOf(i) + "\"; } }\n";
  }
  return std::make_unique<Nginx>(places, servers);
}

std::unique_ptr<Peer> startWorkerd(const Places& places, std::size_t apps) {
  WorkerdSettings settings;
  settings.workers.push_back({"dispatch", "dispatch", {}, {}});
  for (std::size_t i = 0; i < apps; ++i) {
    settings.workers.front().bindings.push_back("(name = \"" + nameOf(i) + "\", service = \"" +
                                                nameOf(i) + "\")");
    settings.workers.push_back(
        {nameOf(i), "tenant", {}, {"(name = \"ANSWER\", text = \"" + answerOf(i) + "\")"}});
  }
  return std::make_unique<Workerd>(places, settings);
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
    LoadRequest request{nameOf(i) + ".test"};
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
      {"workerd, JavaScript", [=] { return startWorkerd(places, apps); }},
  };
  if (choice == Choice::uniform) {
    workload.aims = {{"requests per second, of nginx's", Metric::requestsPerSecond, "skiff",
                      "nginx", Bound::atLeast, apps >= 1000 ? 0.5 : 0.7}};
    if (apps >= 1000) {
      workload.aims.push_back({"resident memory of 1,000 warm apps, MiB", Metric::resident, "skiff",
                               "", Bound::atMost, 1.3 * 1024});
    }
  }
  return workload;
}

}  // namespace skiff::bench
