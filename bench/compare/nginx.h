#pragma once

#include "bench/compare/peer.h"
#include "bench/compare/places.h"

namespace skiff::bench {

/// nginx with one worker and no master (whose end would leave the worker), without an access log,
/// and otherwise as it is unless told. `servers` is what stands in its http block; PORT in it is
/// the port to listen on, FOLDER the folder of its files.
class Nginx : public ConfiguredPeer {
 public:
  Nginx(const Places& places, std::string servers);
};

}  // namespace skiff::bench
