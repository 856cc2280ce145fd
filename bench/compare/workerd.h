#pragma once

#include <vector>

#include "bench/compare/peer.h"
#include "bench/compare/places.h"

namespace skiff::bench {

/// A worker of workerd's: a script of ours, and what it gets.
struct WorkerText {
  std::string name;
  std::string script;                 ///< of bench/compare/workers, without its ending
  std::filesystem::path module;       ///< imported as "guest.wasm"; none if empty
  std::vector<std::string> bindings;  ///< Cap'n Proto: "(name = \"ORIGIN\", service = \"origin\")"
};

/// workerd with these workers; the first one is asked.
struct WorkerdSettings {
  std::vector<WorkerText> workers;
  std::vector<std::string> services = {};  ///< further services, in Cap'n Proto
  std::string asked = {};                  ///< the service that is asked, if not the first worker
};

class Workerd : public ConfiguredPeer {
 public:
  Workerd(const Places& places, const WorkerdSettings& settings);
};

}  // namespace skiff::bench
