#pragma once

#include <boost/json/value.hpp>
#include <string>

#include "cli/commands/choose_app.h"
#include "cli/commands/deployment_options.h"
#include "cli/session/session.h"
#include "cli/terminal/progress.h"

namespace skiff::cli {

/// A module's bytes, or where to pull one from.
struct ModuleSource {
  std::string module;
  std::string image;  ///< "registry/repo:tag"; empty: `module` it is
};

/// The module in a file: at most 64 MiB that begin as WebAssembly does. The error names the file.
Result<std::string> readModule(const std::string& file);

/// Makes a version of the app, with its steps as progress, and returns what the API says of it.
/// Blocks until it is ready to serve or refused, which is explained.
Answer<boost::json::value> makeVersion(Session& session, const AppName& name, ModuleSource source,
                                       Progress& progress);

/// Gives a version traffic: all of it, or, if `percent` is not empty, that part, the others the
/// rest in their proportions; then it keeps what the deployment says beside the split.
Answer<boost::json::value> giveTraffic(Session& session, const AppName& name,
                                       const std::string& version, const std::string& percent,
                                       const DeploymentOptions& options);

/// Where to try a route: "http://web.localhost:8080/" of "web.localhost/*". `status` is what
/// /v1/status says, with its "listen"; empty if that says nothing of the port.
std::string urlToTry(const std::string& route, const boost::json::value& status);

}  // namespace skiff::cli
