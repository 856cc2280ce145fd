#pragma once

#include <string>
#include <string_view>

#include "cli/session/session.h"

namespace CLI {
class App;
}

namespace skiff::cli {

struct AppName {
  std::string tenant;
  std::string app;

  std::string text() const { return tenant + "/" + app; }
  /// Of the app in the API, and of what is below it: path("versions").
  std::string path(std::string_view below = {}) const;
};

/// Adds -a, --app.
void addAppOption(CLI::App& command, std::string& app);

/// The app that is meant by "app" or "tenant/app", or, if `text` is empty, by SKIFF_APP, or the
/// only one that the tenant has. Asks the daemon only in the last case.
Answer<AppName> chooseApp(Session& session, std::string_view text);

}  // namespace skiff::cli
