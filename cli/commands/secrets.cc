// skiff secrets: values that an app's guests see as variables, and nobody else ever again.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <memory>
#include <ostream>

#include "cli/commands/choose_app.h"
#include "cli/commands/command_line.h"
#include "cli/session/json_fields.h"
#include "config/printable.h"

namespace skiff::cli {
namespace {

namespace json = boost::json;

struct SecretOptions {
  std::string app;
  std::string name;
};

ExitStatus listSecrets(Session& session, const SecretOptions& options) {
  const auto name = chooseApp(session, options.app);
  if (!name) return name.error();
  const auto app = session.get(name->path());
  if (!app) return app.error();
  const json::array& secrets = listOf(*app, "secrets");
  if (session.wantsJson()) return session.print(json::object{{"items", secrets}});
  for (const std::string& secret : textsOf(*app, "secrets")) {
    session.console().out << printable(secret) << "\n";
  }
  if (secrets.empty()) {
    session.console().errors << "app " << printable(name->text())
                             << " has no secrets: skiff secrets set NAME\n";
  }
  return ExitStatus::success;
}

std::string pathOfSecret(const AppName& app, const std::string& name) {
  return app.path("secrets/" + escapeSegment(name));
}

ExitStatus setSecret(Session& session, const SecretOptions& options) {
  const auto app = chooseApp(session, options.app);
  if (!app) return app.error();
  const auto value = readSecret(session.console(), "value");
  if (!value) return session.fail(value.error().message);
  const auto set = session.ask({.method = "PUT",
                                .target = pathOfSecret(*app, options.name),
                                .contentType = "application/json",
                                .body = json::serialize(json::object{{"value", *value}})});
  if (!set) return set.error();
  if (!session.wantsJson()) {
    session.console().out << "secret " << printable(options.name) << " of "
                          << printable(app->text()) << " is set\n";
  }
  return ExitStatus::success;
}

ExitStatus deleteSecret(Session& session, const SecretOptions& options) {
  const auto app = chooseApp(session, options.app);
  if (!app) return app.error();
  const auto gone = session.ask({.method = "DELETE", .target = pathOfSecret(*app, options.name)});
  if (!gone) return gone.error();
  if (!session.wantsJson()) {
    session.console().out << "secret " << printable(options.name) << " of "
                          << printable(app->text()) << " is gone\n";
  }
  return ExitStatus::success;
}

}  // namespace

void addSecretCommands(CLI::App& root, CommandLine& line) {
  const auto options = std::make_shared<SecretOptions>();
  CLI::App& secrets = CommandLine::add(
      root, "secrets", "Secrets of an app: variables whose values nobody can read back",
      "  skiff secrets set API_KEY --app web < key.txt     # or asked for, without echo\n"
      "  skiff secrets list --app web\n"
      "  skiff secrets delete API_KEY --app web");
  secrets.require_subcommand(0, 1);
  const auto list = [options](Session& session) { return listSecrets(session, *options); };
  addAppOption(secrets, options->app);
  line.when(secrets, list);
  CLI::App& listing = CommandLine::add(secrets, "list", "List their names");
  addAppOption(listing, options->app);
  line.when(listing, list);
  const auto add = [&](std::string_view name, std::string_view description,
                       ExitStatus (*run)(Session&, const SecretOptions&)) {
    CLI::App& command = CommandLine::add(secrets, name, description);
    command.add_option("name", options->name, "The secret's name, as the guest sees it")
        ->required()
        ->type_name("NAME");
    addAppOption(command, options->app);
    line.when(command, [options, run](Session& session) { return run(session, *options); });
  };
  add("set", "Set one; its value comes from standard input", setSecret);
  add("delete", "Take one away", deleteSecret);
}

}  // namespace skiff::cli
