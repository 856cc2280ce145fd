// skiff login, logout and hosts: which daemons there are, and as whom to speak to them.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <memory>
#include <ostream>

#include "cli/commands/command_line.h"
#include "cli/session/json_fields.h"
#include "cli/terminal/table.h"
#include "config/printable.h"

namespace skiff::cli {
namespace {

namespace json = boost::json;

constexpr std::string_view kDefaultName = "default";

struct LoginOptions {
  std::string url;
  std::string tokenFile;
  std::string name;
  bool all = false;
};

/// The credentials and where they are, or why there are none.
Answer<Credentials> load(Session& session) {
  if (session.credentialsFile().empty()) {
    return session.fail("there is no folder for credentials", "set HOME or XDG_CONFIG_HOME");
  }
  auto credentials = readCredentials(session.credentialsFile());
  if (!credentials) return session.fail(credentials.error().message);
  return std::move(*credentials);
}

ExitStatus save(Session& session, const Credentials& credentials) {
  const auto written = writeCredentials(session.credentialsFile(), credentials);
  return written ? ExitStatus::success : session.fail(written.error().message);
}

/// --url, --admin or SKIFF_ADMIN, or what this name had before, or the default.
std::string urlFor(Session& session, const LoginOptions& options, const Credentials& credentials) {
  if (!options.url.empty()) return options.url;
  if (!session.options().admin.empty()) return session.options().admin;
  if (const std::string admin = session.environment("SKIFF_ADMIN"); !admin.empty()) return admin;
  const HostEntry* known = credentials.find(options.name);
  return known ? known->url : "http://127.0.0.1:9090";
}

/// Wherever a later command is run.
TlsFiles absolute(TlsFiles files) {
  for (std::string* file : {&files.ca, &files.certificate, &files.key}) {
    if (!file->empty()) *file = std::filesystem::absolute(*file).string();
  }
  return files;
}

Result<std::string> tokenFor(Session& session, const LoginOptions& options) {
  if (!options.tokenFile.empty() && options.tokenFile != "-") {
    return readTokenFile(options.tokenFile);
  }
  if (!session.options().dataDir.empty()) {
    return readTokenFile(std::filesystem::path(session.options().dataDir) / "operator.token");
  }
  return readSecret(session.console(), "token");
}

ExitStatus login(Session& session, LoginOptions options) {
  if (options.name.empty()) options.name = session.options().host;
  if (options.name.empty()) options.name = kDefaultName;
  auto credentials = load(session);
  if (!credentials) return credentials.error();
  auto address = AdminAddress::parse(urlFor(session, options, *credentials));
  if (!address) return session.fail(address.error().message);
  const HostEntry* const known = credentials->find(options.name);
  address->tls = absolute(session.tlsFiles(known ? known->tls : TlsFiles{}));
  if (!address->isEncrypted && !address->isLoopback()) {
    session.console().errors << "skiff: warning: the token travels to " << address->url()
                             << " unencrypted\n";
  }
  const auto token = tokenFor(session, options);
  if (!token) return session.fail(token.error().message);
  if (!isToken(*token)) return session.fail("that is no token: it has no spaces, and only ASCII");

  const Request request{.target = "/v1/status", .token = *token};
  const auto reply = transfer(*address, request);
  if (!reply) return session.fail(reply.error().message);
  if (reply->status == 401) {
    return session.fail(address->url() + " does not know this token; nothing was stored",
                        "the operator's first token is in the daemon's data_dir: operator.token",
                        ExitStatus::negative);
  }
  const json::value status = parseJson(reply->body);
  if (reply->status != 200 || textOf(status, "version").empty()) {
    return session.explain(request.target, *reply);
  }
  credentials->hosts[options.name] = {address->url(), *token, session.options().tenant,
                                      address->isEncrypted ? address->tls : TlsFiles{}};
  credentials->current = options.name;
  const ExitStatus saved = save(session, *credentials);
  if (saved != ExitStatus::success) return saved;
  if (session.wantsJson()) return session.print(status);
  session.console().out << "logged in to " << address->url() << " as host "
                        << printable(options.name) << " (skiffd "
                        << printable(textOf(status, "version")) << ")\n";
  return ExitStatus::success;
}

ExitStatus logout(Session& session, const LoginOptions& options) {
  auto credentials = load(session);
  if (!credentials) return credentials.error();
  if (options.all) {
    *credentials = {};
  } else {
    std::string name = options.name.empty() ? session.options().host : options.name;
    if (name.empty()) name = credentials->current;
    if (credentials->hosts.erase(name) == 0) {
      return session.fail(name.empty() ? "you are not logged in"
                                       : "you are not logged in to host " + inQuotes(name),
                          "skiff hosts lists where you are", ExitStatus::negative);
    }
    if (credentials->current == name) {
      credentials->current = credentials->hosts.empty() ? "" : credentials->hosts.begin()->first;
    }
  }
  return save(session, *credentials);
}

ExitStatus listHosts(Session& session) {
  const auto credentials = load(session);
  if (!credentials) return credentials.error();
  if (session.wantsJson()) {
    json::array items;
    for (const auto& [name, host] : credentials->hosts) {
      items.push_back(json::object{{"name", name},
                                   {"url", host.url},
                                   {"tenant", host.tenant},
                                   {"current", name == credentials->current}});
    }
    return session.print(json::object{{"items", items}});
  }
  Table table({{"HOST"}, {"URL"}, {"TENANT"}, {""}});
  for (const auto& [name, host] : credentials->hosts) {
    table.add({{name, Style::name},
               host.url,
               host.tenant,
               name == credentials->current ? "current" : ""});
  }
  if (table.isEmpty()) {
    return session.fail("you are not logged in anywhere", "skiff login", ExitStatus::negative);
  }
  session.console().out << table.text(session.console());
  return ExitStatus::success;
}

ExitStatus useHost(Session& session, const std::string& name) {
  auto credentials = load(session);
  if (!credentials) return credentials.error();
  if (!credentials->find(name)) {
    return session.fail("you are not logged in to host " + inQuotes(name),
                        "skiff login --name NAME --url URL", ExitStatus::negative);
  }
  credentials->current = name;
  return save(session, *credentials);
}

}  // namespace

void addLoginCommands(CLI::App& root, CommandLine& line) {
  const auto options = std::make_shared<LoginOptions>();
  CLI::App& in = CommandLine::add(
      root, "login", "Check a token and keep it for the commands that follow",
      "  skiff login --data-dir var                       # the daemon on this machine\n"
      "  skiff login --url https://skiff.example:9090 --ca ca.pem --name prod --tenant acme\n"
      "  skiff login --token-file token.txt\n"
      "The token is asked for, or read from standard input.");
  in.add_option("--url", options->url, "The daemon's admin listener (default: --admin)")
      ->type_name("URL");
  in.add_option("--token-file", options->tokenFile, "A file that holds the token")
      ->type_name("FILE");
  in.add_option("--name", options->name, "What to call this host (default: default)")
      ->type_name("HOST");
  line.when(in, [options](Session& session) { return login(session, *options); });

  CLI::App& out = CommandLine::add(root, "logout", "Forget a host and its token",
                                   "  skiff logout\n  skiff logout --name prod\n"
                                   "The token stays valid: skiff tokens delete ends it.");
  out.add_option("--name", options->name, "Which (default: the current one)")->type_name("HOST");
  out.add_flag("--all", options->all, "All of them");
  line.when(out, [options](Session& session) { return logout(session, *options); });

  CLI::App& hosts = CommandLine::add(root, "hosts", "List where you are logged in, choose one",
                                     "  skiff hosts\n  skiff hosts use prod");
  hosts.require_subcommand(0, 1);
  line.when(hosts, listHosts);
  line.when(CommandLine::add(hosts, "list", "List them"), listHosts);
  CLI::App& use = CommandLine::add(hosts, "use", "Make one the current");
  use.add_option("host", options->name, "Its name")->required()->type_name("HOST");
  line.when(use, [options](Session& session) { return useHost(session, options->name); });
}

}  // namespace skiff::cli
