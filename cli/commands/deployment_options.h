#pragma once

#include <boost/json/object.hpp>
#include <string>

namespace CLI {
class App;
}

namespace skiff::cli {

/// How traffic is shared, beside the weights.
struct DeploymentOptions {
  std::string sticky;         ///< "cookie:x", "header:x", "ip"; empty: each request on its own
  bool autoRollback = false;  ///< go back if the new version fails more often

  void apply(boost::json::object& deployment) const;
};

/// Adds --sticky and --auto-rollback.
void addDeploymentOptions(CLI::App& command, DeploymentOptions& options);

}  // namespace skiff::cli
