#include "bench/compare/catalogue.h"

namespace skiff::bench {

std::vector<Workload> catalogue(const Places& places) {
  return {
      hello(places),
      helloClose(places),
      compute(places),
      json(places),
      stream(places),
      staticFiles(places),
      handler(places),
      manyTenants(places, 100, Choice::uniform),
      manyTenants(places, 1000, Choice::uniform),
      manyTenants(places, 1000, Choice::zipf),
      deployStorm(places),
      scalingConnections(places),
      scalingShards(places),
      scalingTenants(places),
  };
}

}  // namespace skiff::bench
