#include "bench/compare/tenants.h"

#include <cstdio>

#include "bench/compare/nginx.h"
#include "bench/compare/skiffd.h"
#include "bench/compare/text.h"
#include "bench/compare/workerd.h"

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

}  // namespace

std::string tenantName(std::size_t number) {
  return "tenant" + std::to_string(number);
}

std::string tenantAnswer(std::size_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "answer %08zu", number % 100'000'000);
  return text;
}

std::string tenantModule(const std::string& hello, std::size_t number) {
  return replaced(hello, "Hello from wasm", tenantAnswer(number));
}

std::unique_ptr<Peer> skiffdOfMany(const Places& places, std::size_t apps,
                                   const std::string& keys) {
  return std::make_unique<ManySkiffd>(places, apps, keys);
}

std::unique_ptr<Peer> nginxOfMany(const Places& places, std::size_t apps) {
  std::string servers = "server_names_hash_max_size 65536;\n";
  for (std::size_t i = 0; i < apps; ++i) {
    servers += "server { listen PORT; server_name " + tenantName(i) +
               ".test; location / { return 200 \"" + tenantAnswer(i) + "\"; } }\n";
  }
  return std::make_unique<Nginx>(places, servers);
}

std::unique_ptr<Peer> workerdOfMany(const Places& places, std::size_t tenants) {
  WorkerdSettings settings;
  settings.workers.push_back({"dispatch", "dispatch", {}, {}});
  for (std::size_t i = 0; i < tenants; ++i) {
    settings.workers.front().bindings.push_back("(name = \"" + tenantName(i) + "\", service = \"" +
                                                tenantName(i) + "\")");
    settings.workers.push_back(
        {tenantName(i), "tenant", {}, {"(name = \"ANSWER\", text = \"" + tenantAnswer(i) + "\")"}});
  }
  return std::make_unique<Workerd>(places, settings);
}

}  // namespace skiff::bench
