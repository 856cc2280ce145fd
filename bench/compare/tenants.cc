#include "bench/compare/tenants.h"

#include <cstdio>

#include "bench/compare/text.h"
#include "bench/compare/workerd.h"

namespace skiff::bench {

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
