#include "cli/commands/deployment_options.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

namespace skiff::cli {

void DeploymentOptions::apply(boost::json::object& deployment) const {
  if (!sticky.empty()) deployment["sticky"] = sticky;
  if (autoRollback) deployment["auto_rollback"] = true;
}

void addDeploymentOptions(CLI::App& command, DeploymentOptions& options) {
  command
      .add_option("--sticky", options.sticky,
                  "Whoever has the same cookie, header or address stays with a version")
      ->type_name("cookie:NAME|header:NAME|ip");
  command.add_flag("--auto-rollback", options.autoRollback,
                   "Go back by itself if the new version fails more often than the old");
}

}  // namespace skiff::cli
