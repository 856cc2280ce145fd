// skiff versions, split and rollback: what of an app there is, and what gets its traffic.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <memory>
#include <ostream>

#include "cli/commands/choose_app.h"
#include "cli/commands/command_line.h"
#include "cli/commands/deployment_options.h"
#include "cli/commands/show.h"
#include "cli/commands/split_plan.h"
#include "cli/session/json_fields.h"
#include "cli/terminal/human.h"
#include "cli/terminal/table.h"
#include "config/printable.h"

namespace skiff::cli {
namespace {

namespace json = boost::json;

struct TrafficOptions {
  std::string app;
  std::vector<std::string> words;
  DeploymentOptions deployment;
};

/// Which app `first` of the words or --app names; the word is taken away.
Answer<AppName> appOf(Session& session, TrafficOptions& options) {
  std::string app = options.app;
  if (app.empty() && !options.words.empty() &&
      options.words.front().find('=') == std::string::npos) {
    app = options.words.front();
    options.words.erase(options.words.begin());
  }
  return chooseApp(session, app);
}

std::string percentOf(const json::value& deployment, const std::string& version) {
  double sum = 0;
  double own = -1;
  for (const SplitPart& part : splitOf(deployment)) {
    sum += part.weight;
    if (part.version == version) own = part.weight;
  }
  if (own < 0 || sum <= 0) return {};
  char text[32];
  std::snprintf(text, sizeof text, "%.3g %%", 100 * own / sum);
  return text;
}

ExitStatus showVersions(Session& session, TrafficOptions options) {
  const auto name = appOf(session, options);
  if (!name) return name.error();
  const auto versions = session.get(name->path("versions") + "?limit=100");
  if (!versions) return versions.error();
  if (session.wantsJson()) return session.print(*versions);
  const auto app = session.get(name->path());
  if (!app) return app.error();
  const json::value& deployment = member(*app, "deployment");
  Table table({{"VERSION"},
               {"TRAFFIC", Table::Align::right},
               {"SIZE", Table::Align::right},
               {"ABI"},
               {"SIGNATURE"},
               {"CREATED"},
               {"BY"},
               {"FROM"}});
  for (const json::value& item : listOf(*versions, "items")) {
    const std::string version = textOf(item, "version");
    const std::string reference = textOf(item, "reference");
    const std::string verdict = textOf(member(item, "signature"), "verdict");
    table.add({{shortVersion(version), Style::name},
               {percentOf(deployment, version), Style::good},
               humanBytes(countOf(item, "size")),
               textOf(item, "abi"),
               {verdict, verdict == "verified"  ? Style::good
                         : verdict == "refused" ? Style::bad
                                                : Style::plain},
               ago(textOf(item, "created")),
               textOf(item, "created_by"),
               reference.empty() ? "upload" : reference});
  }
  if (table.isEmpty()) {
    session.console().errors << "app " << printable(name->text())
                             << " has no version yet: skiff deploy FILE.wasm --app "
                             << printable(name->app) << "\n";
    return ExitStatus::success;
  }
  session.console().out << table.text(session.console());
  return ExitStatus::success;
}

ExitStatus finish(Session& session, const AppName& name, const json::value& deployment) {
  if (session.wantsJson()) return session.print(deployment);
  const std::string sticky = textOf(deployment, "sticky");
  session.console().out << printable(name.text()) << "  " << printable(splitText(deployment))
                        << (sticky.empty() ? "" : "  sticky by ") << printable(sticky) << "\n";
  return ExitStatus::success;
}

ExitStatus split(Session& session, TrafficOptions options) {
  const auto name = appOf(session, options);
  if (!name) return name.error();
  const auto parts = parseSplit(options.words);
  if (!parts) {
    return session.fail(parts.error().message, "for example: skiff split web 3f2a=95% 77aa=5%");
  }
  if (parts->empty()) {
    const auto now = session.get(name->path("deployment"));
    return now ? finish(session, *name, *now) : now.error();
  }
  json::object body{{"split", splitJson(*parts)}};
  options.deployment.apply(body);
  const auto deployment = session.askJson({.method = "PUT",
                                           .target = name->path("deployment"),
                                           .contentType = "application/json",
                                           .body = json::serialize(body)});
  return deployment ? finish(session, *name, *deployment) : deployment.error();
}

ExitStatus rollback(Session& session, TrafficOptions options) {
  const auto name = appOf(session, options);
  if (!name) return name.error();
  const auto deployment = session.askJson({.method = "POST",
                                           .target = name->path("rollback"),
                                           .contentType = "application/json",
                                           .body = "{}"});
  return deployment ? finish(session, *name, *deployment) : deployment.error();
}

}  // namespace

void addTrafficCommands(CLI::App& root, CommandLine& line) {
  const auto options = std::make_shared<TrafficOptions>();
  const auto add = [&](std::string_view name, std::string_view description,
                       std::string_view examples,
                       ExitStatus (*run)(Session&, TrafficOptions)) -> CLI::App& {
    CLI::App& command = CommandLine::add(root, name, description, examples);
    addAppOption(command, options->app);
    line.when(command, [options, run](Session& session) { return run(session, *options); });
    return command;
  };
  const auto addName = [&](CLI::App& command) {
    command.add_option("app", options->words, "The app, instead of --app")
        ->type_name("APP")
        ->expected(0, 1);
  };
  addName(add("versions", "List an app's versions, newest first", "  skiff versions web",
              showVersions));
  CLI::App& splitting = add("split", "Share an app's traffic among its versions",
                            "  skiff split web 3f2a91=95% 77aa01=5% --auto-rollback\n"
                            "  skiff split web 77aa01=100%\n"
                            "  skiff split web                 # shows how it is shared\n"
                            "A version may be named by its first digits, four or more.",
                            split);
  splitting
      .add_option("words", options->words,
                  "The app, instead of --app; then versions and their weights")
      ->type_name("[APP] VERSION=WEIGHT");
  addDeploymentOptions(splitting, options->deployment);
  addName(add("rollback", "Go back to the deployment before",
              "  skiff rollback web\n  skiff rollback acme/web", rollback));
}

}  // namespace skiff::cli
