#include "cli/commands/choose_app.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "cli/session/json_fields.h"

namespace skiff::cli {

std::string AppName::path(std::string_view below) const {
  const std::string path = pathOf({"tenants", tenant, "apps", app});
  return below.empty() ? path : path + "/" + std::string(below);
}

void addAppOption(CLI::App& command, std::string& app) {
  command
      .add_option("-a,--app", app, "The app, or TENANT/APP (default: SKIFF_APP, or the only one)")
      ->type_name("APP");
}

Answer<AppName> chooseApp(Session& session, std::string_view text) {
  const std::string fromEnvironment = session.environment("SKIFF_APP");
  if (text.empty()) text = fromEnvironment;
  AppName name;
  if (const std::size_t slash = text.find('/'); slash != text.npos) {
    name = {std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
  } else {
    const auto tenant = session.tenant();
    if (!tenant) return tenant.error();
    name = {*tenant, std::string(text)};
  }
  if (name.app.empty()) {
    const auto answer = session.get(pathOf({"tenants", name.tenant, "apps"}) + "?limit=20");
    if (!answer) return answer.error();
    const boost::json::array& items = listOf(*answer, "items");
    if (items.empty()) {
      return session.fail("tenant " + name.tenant + " has no app yet",
                          "skiff deploy FILE.wasm --app NAME --route HOST/PATH makes one");
    }
    if (items.size() > 1) {
      std::string names;
      for (const auto& item : items) names += (names.empty() ? "" : ", ") + textOf(item, "name");
      return session.fail("tenant " + name.tenant + " has several apps",
                          "name one: --app or SKIFF_APP; it has " + names);
    }
    name.app = textOf(items.front(), "name");
  }
  session.isAbout(name.tenant, name.app);
  return name;
}

}  // namespace skiff::cli
