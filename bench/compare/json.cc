#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "bench/compare/catalogue.h"
#include "bench/compare/skiffd.h"
#include "bench/compare/workerd.h"

namespace skiff::bench {
namespace {

constexpr std::size_t kSize = 2 << 10;

/// An order of some 2 KiB.
std::string orderText() {
  boost::json::array items;
  std::string text;
  for (std::size_t i = 0; text.size() < kSize; ++i) {
    items.push_back({{"sku", "SKU-" + std::to_string(100'000 + 37 * i)},
                     {"name", "Article number " + std::to_string(i)},
                     {"quantity", 1 + i % 7},
                     {"cents", 199 + 250 * i},
                     {"tags", {"new", "sale", "fragile"}}});
    text = boost::json::serialize(
        boost::json::value{{"id", "order-4711"},
                           {"customer", {{"name", "Ada"}, {"city", "London"}}},
                           {"items", items}});
  }
  return text;
}

}  // namespace

Workload json(const Places& places) {
  const std::filesystem::path guest = places.guests / "bench/order.wasm";
  const auto worker = [places](const std::string& script, const std::filesystem::path& module) {
    return [=] {
      return std::make_unique<Workerd>(places, WorkerdSettings{{{script, script, module, {}}}});
    };
  };
  Workload workload;
  workload.name = "json";
  workload.shows =
      "What an API's request costs: 2 KiB of JSON parsed, and answered with JSON made of it.";
  LoadRequest request{"json.test"};
  request.method = "POST";
  request.body = orderText();
  request.type = "application/json";
  workload.load.requests = {request};
  workload.contestants = {
      {"skiff",
       [=] {
         return std::make_unique<Skiffd>(places, SkiffSettings{{{"json", guest}}});
       }},
      {"skiff, reuse",
       [=] {
         return std::make_unique<Skiffd>(places,
                                         SkiffSettings{{{"json", guest, "reuse = \"dirty\""}}});
       }},
      {"workerd, JavaScript", worker("order", {})},
      {"workerd, shared instance", worker("shared", guest)},
      {"workerd, new instance", worker("fresh", guest)},
  };
  return workload;
}

}  // namespace skiff::bench
