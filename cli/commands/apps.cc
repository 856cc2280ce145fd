// skiff apps: what a tenant serves, and on which routes.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <memory>
#include <ostream>

#include "cli/commands/app_document.h"
#include "cli/commands/choose_app.h"
#include "cli/commands/command_line.h"
#include "cli/commands/show.h"
#include "cli/session/json_fields.h"
#include "cli/terminal/human.h"
#include "cli/terminal/table.h"
#include "config/printable.h"

namespace skiff::cli {
namespace {

namespace json = boost::json;

struct AppOptions {
  std::string name;
  DocumentChanges changes;
};

ExitStatus listApps(Session& session) {
  const auto tenant = session.tenant();
  if (!tenant) return tenant.error();
  const auto items = session.list(pathOf({"tenants", *tenant, "apps"}));
  if (!items) return items.error();
  if (session.wantsJson()) return session.print(json::object{{"items", *items}});
  Table table({{"APP"}, {"TRAFFIC"}, {"ROUTES"}, {"UPDATED"}});
  for (const json::value& item : *items) {
    const std::string split = splitText(member(item, "deployment"));
    table.add({{textOf(item, "name"), Style::name},
               {split.empty() ? "none" : split, split.empty() ? Style::warning : Style::plain},
               joined(textsOf(item, "routes"), " "),
               ago(textOf(item, "updated"))});
  }
  if (table.isEmpty()) {
    session.console().errors << "tenant " << printable(*tenant)
                             << " has no apps yet: skiff deploy FILE.wasm --route HOST/PATH\n";
    return ExitStatus::success;
  }
  session.console().out << table.text(session.console());
  return ExitStatus::success;
}

ExitStatus showApp(Session& session, const AppOptions& options) {
  const auto name = chooseApp(session, options.name);
  if (!name) return name.error();
  const auto app = session.get(name->path());
  if (!app) return app.error();
  if (session.wantsJson()) return session.print(*app);
  const json::value& deployment = member(*app, "deployment");
  const json::value& watch = member(*app, "watch");
  session.console().out << fieldsText(session.console(),
                                      {{"app", {name->text(), Style::name}},
                                       {"from", textOf(*app, "source")},
                                       {"routes", joined(textsOf(*app, "routes"))},
                                       {"traffic", splitText(deployment)},
                                       {"sticky", textOf(deployment, "sticky")},
                                       {"watch", textOf(watch, "image")},
                                       {"env", pairsText(member(*app, "env"))},
                                       {"secrets", joined(textsOf(*app, "secrets"))},
                                       {"limits", pairsText(member(*app, "limits"))},
                                       {"origin", textOf(*app, "origin")},
                                       {"created", ago(textOf(*app, "created"))},
                                       {"updated", ago(textOf(*app, "updated"))}});
  return ExitStatus::success;
}

ExitStatus finish(Session& session, const AppName& name, const Answer<json::value>& app,
                  std::string_view done) {
  if (!app) return app.error();
  if (session.wantsJson()) return session.print(*app);
  const std::string routes = joined(textsOf(*app, "routes"));
  session.console().out << "app " << printable(name.text()) << " " << done
                        << (routes.empty() ? "; it has no route" : "; its routes: ")
                        << printable(routes) << "\n";
  return ExitStatus::success;
}

ExitStatus createApp(Session& session, const AppOptions& options) {
  const auto name = chooseApp(session, options.name);
  if (!name) return name.error();
  return finish(session, *name, createApp(session, *name, options.changes), "is there");
}

ExitStatus setApp(Session& session, const AppOptions& options) {
  if (options.changes.isEmpty()) {
    return session.fail("there is nothing to set",
                        "--route, --env, --limit, --unset, --from FILE.json");
  }
  const auto name = chooseApp(session, options.name);
  if (!name) return name.error();
  return finish(session, *name, changeApp(session, *name, options.changes), "is set");
}

ExitStatus deleteApp(Session& session, const AppOptions& options) {
  const auto name = chooseApp(session, options.name);
  if (!name) return name.error();
  const auto gone = session.ask({.method = "DELETE", .target = name->path()});
  if (!gone) return gone.error();
  if (!session.wantsJson()) {
    session.console().out << "app " << printable(name->text()) << " is gone\n";
  }
  return ExitStatus::success;
}

}  // namespace

void addAppCommands(CLI::App& root, CommandLine& line) {
  const auto options = std::make_shared<AppOptions>();
  CLI::App& apps =
      CommandLine::add(root, "apps", "Apps: what a tenant serves, and on which routes",
                       "  skiff apps\n"
                       "  skiff apps create web --route 'web.localhost/*' --env GREETING=hello\n"
                       "  skiff apps set web --limit cpu_ms=20 --unset env.GREETING\n"
                       "  skiff apps show acme/web --json");
  apps.require_subcommand(0, 1);
  line.when(apps, listApps);
  line.when(CommandLine::add(apps, "list", "List the tenant's"), listApps);
  const auto add = [&](std::string_view name, std::string_view description,
                       ExitStatus (*run)(Session&, const AppOptions&)) -> CLI::App& {
    CLI::App& command = CommandLine::add(apps, name, description);
    command.add_option("app", options->name, "The app's name, or TENANT/APP")
        ->required()
        ->type_name("APP");
    line.when(command, [options, run](Session& session) { return run(session, *options); });
    return command;
  };
  const auto addChanges = [&](CLI::App& command) {
    addAppDocumentOptions(command, options->changes);
    addDocumentOptions(command, options->changes);
  };
  addChanges(add("create", "Make one", createApp));
  add("show", "Show one", showApp);
  addChanges(add("set", "Change one; what is not named stays", setApp));
  add("delete", "Take one away, with its versions", deleteApp);
}

}  // namespace skiff::cli
