// skiff deploy: a module or an image becomes a version of an app, and gets traffic.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <filesystem>
#include <memory>
#include <ostream>

#include "cli/commands/app_document.h"
#include "cli/commands/command_line.h"
#include "cli/commands/deploying.h"
#include "cli/commands/deployment_options.h"
#include "cli/commands/show.h"
#include "cli/commands/split_plan.h"
#include "cli/session/json_fields.h"
#include "cli/terminal/human.h"
#include "config/printable.h"

namespace skiff::cli {
namespace {

namespace json = boost::json;

struct DeployOptions {
  std::string file;
  std::string image;
  std::string app;
  std::string weight;
  bool noTraffic = false;
  DocumentChanges changes;
  DeploymentOptions deployment;
};

/// --app, SKIFF_APP, or what the file or the image is called: "web" of "build/web.wasm" and of
/// "ghcr.io/acme/web:1.2".
std::string appNameFor(Session& session, const DeployOptions& options) {
  if (!options.app.empty()) return options.app;
  if (const std::string app = session.environment("SKIFF_APP"); !app.empty()) return app;
  if (options.image.empty()) return std::filesystem::path(options.file).stem();
  const std::string repository = options.image.substr(0, options.image.find('@'));
  const std::string last = repository.substr(repository.rfind('/') + 1);
  return last.substr(0, last.find(':'));
}

/// Makes the app if it is not there and routes are given. `isThere`: it was there already.
ExitStatus prepareApp(Session& session, const AppName& name, const DeployOptions& options,
                      bool& isThere) {
  const Request request{.target = name.path()};
  const auto app = session.tryAsk(request);
  if (!app) return app.error();
  isThere = app->status == 200;
  if (isThere) return ExitStatus::success;
  if (app->status != 404 || options.changes.routes.empty()) {
    const ExitStatus status = session.explain(request.target, *app);
    if (app->status == 404) {
      session.console().errors << "       to make the app, say which requests go to it: --route "
                               << printable(name.app) << ".localhost/*\n";
    }
    return status;
  }
  const auto made = createApp(session, name, options.changes);
  return made ? ExitStatus::success : made.error();
}

void tell(Session& session, const AppName& name, const json::value& version,
          const json::value& deployment) {
  std::ostream& out = session.console().out;
  out << "deployed " << printable(name.text()) << " version "
      << styled(session.console(), Style::name, printable(shortVersion(textOf(version, "version"))))
      << " (" << humanBytes(countOf(version, "size")) << ", " << printable(textOf(version, "abi"))
      << ")\n";
  const json::value& signature = member(version, "signature");
  const std::string verdict = textOf(signature, "verdict");
  if (verdict == "verified") out << "signature verified\n";
  if (verdict == "missing" || verdict == "refused") {
    out << styled(session.console(), Style::warning, "signature " + verdict) << ": "
        << printable(textOf(signature, "detail")) << "\n";
  }
  for (const std::string& note : textsOf(version, "notes")) {
    out << "note: " << printable(note) << "\n";
  }
  if (deployment.is_object()) {
    out << "traffic  " << printable(splitText(deployment)) << "\n";
  } else {
    out << "no traffic yet: skiff split " << printable(name.text()) << " "
        << printable(shortVersion(textOf(version, "version"))) << "=100%\n";
  }
}

void tellWhereToTry(Session& session, const AppName& name) {
  const auto where = session.access();
  if (!where) return;
  const auto app = session.tryAsk({.target = name.path()});
  const auto status = session.tryAsk({.target = "/v1/status"});
  if (!app || !status) return;
  const std::vector<std::string> routes = textsOf(parseJson(app->body), "routes");
  if (routes.empty()) {
    session.console().out << "it has no route yet: skiff apps set " << printable(name.text())
                          << " --route HOST/PATH\n";
    return;
  }
  const std::string url = urlToTry(routes.front(), parseJson(status->body));
  session.console().out << (url.empty() ? "route    " + printable(routes.front())
                                        : "try it   curl " + printable(url))
                        << "\n";
}

ExitStatus deploy(Session& session, const DeployOptions& options) {
  if (options.file.empty() == options.image.empty()) {
    return session.fail("name a module's file, or an image with --image: one of them",
                        "skiff deploy app.wasm --route web.localhost/*");
  }
  if (!options.weight.empty()) {
    const auto weight = parsePercent(options.weight);
    if (!weight) return session.fail("--weight " + weight.error().message);
  }
  ModuleSource source{.module = {}, .image = options.image};
  if (options.image.empty()) {
    auto module = readModule(options.file);
    if (!module) return session.fail(module.error().message);
    source.module = std::move(*module);
  }
  const auto name = chooseApp(session, appNameFor(session, options));
  if (!name) return name.error();
  bool wasThere = false;
  const ExitStatus prepared = prepareApp(session, *name, options, wasThere);
  if (prepared != ExitStatus::success) return prepared;

  Progress progress(session.console());
  const auto version = makeVersion(session, *name, std::move(source), progress);
  if (!version) return version.error();
  if (wasThere && !options.changes.isEmpty()) {
    const auto changed = changeApp(session, *name, options.changes);
    if (!changed) return changed.error();
  }
  json::value deployment;
  if (!options.noTraffic) {
    auto given = giveTraffic(session, *name, textOf(*version, "version"), options.weight,
                             options.deployment);
    if (!given) return given.error();
    deployment = std::move(*given);
  }
  if (session.wantsJson()) {
    return session.print(json::object{{"version", *version}, {"deployment", deployment}});
  }
  tell(session, *name, *version, deployment);
  if (deployment.is_object()) tellWhereToTry(session, *name);
  return ExitStatus::success;
}

}  // namespace

void addDeployCommand(CLI::App& root, CommandLine& line) {
  const auto options = std::make_shared<DeployOptions>();
  CLI::App& command = CommandLine::add(
      root, "deploy", "Make a version of an app from a module or an image, and give it traffic",
      "  skiff deploy web.wasm --route 'web.localhost/*'       # makes the app if need be\n"
      "  skiff deploy build/handler.wasm --app acme/web\n"
      "  skiff deploy web.wasm --weight 5 --auto-rollback      # a canary with 5 % of the traffic\n"
      "  skiff deploy --image ghcr.io/acme/web:1.2 --no-traffic");
  command.add_option("file", options->file, "The module")->type_name("FILE.wasm");
  command.add_option("--image", options->image, "Pull this from a registry instead")
      ->type_name("REGISTRY/REPOSITORY:TAG");
  command
      .add_option("-a,--app", options->app,
                  "The app, or TENANT/APP (default: SKIFF_APP, or what the file is called)")
      ->type_name("APP");
  addAppDocumentOptions(command, options->changes);
  CLI::Option* const weight =
      command.add_option("--weight", options->weight, "Only this part of the traffic, in percent")
          ->type_name("PERCENT");
  command.add_flag("--no-traffic", options->noTraffic, "Only make the version")->excludes(weight);
  addDeploymentOptions(command, options->deployment);
  line.when(command, [options](Session& session) { return deploy(session, *options); });
}

}  // namespace skiff::cli
