#include "bench/compare/workerd.h"

namespace skiff::bench {
namespace {

void add(std::string& list, const std::string& item) {
  list += list.empty() ? "" : ",\n    ";
  list += item;
}

}  // namespace

Workerd::Workerd(const Places& places, const WorkerdSettings& settings) {
  std::filesystem::create_directory_symlink(places.workers, folder_ / "workers");
  std::string services;
  std::string constants;
  for (std::size_t i = 0; i < settings.workers.size(); ++i) {
    const WorkerText& worker = settings.workers[i];
    const std::string constant = "worker" + std::to_string(i);
    add(services, "(name = \"" + worker.name + "\", worker = ." + constant + ")");
    std::string modules;
    add(modules, "(name = \"" + worker.script + ".mjs\", esModule = embed \"workers/" +
                     worker.script + ".mjs\")");
    if (!worker.module.empty()) {
      const std::string link = "guest" + std::to_string(i) + ".wasm";
      std::filesystem::create_symlink(std::filesystem::absolute(worker.module), folder_ / link);
      add(modules, "(name = \"http_handler.mjs\", esModule = embed \"workers/http_handler.mjs\")");
      add(modules, "(name = \"guest.wasm\", wasm = embed \"" + link + "\")");
    }
    std::string bindings;
    for (const std::string& binding : worker.bindings) add(bindings, binding);
    constants += "const " + constant + " :Workerd.Worker = (\n  modules = [\n    " + modules +
                 "],\n  bindings = [\n    " + bindings +
                 "],\n  compatibilityDate = \"2026-11-01\");\n";
  }
  for (const std::string& service : settings.services) add(services, service);
  const std::string asked = settings.asked.empty() ? settings.workers.front().name : settings.asked;
  writeFile(folder_ / "config.capnp",
            "using Workerd = import \"/workerd/workerd.capnp\";\n"
            "const config :Workerd.Config = (\n  services = [\n    " +
                services + "],\n  sockets = [(name = \"http\", address = \"127.0.0.1:" +
                std::to_string(port_) + "\", http = (), service = \"" + asked + "\")]);\n" +
                constants);
  run(places.workerd, {"serve", folder_ / "config.capnp"});
}

}  // namespace skiff::bench
