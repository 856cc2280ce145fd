// skiff tokens: who may do what.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <charconv>
#include <memory>
#include <optional>
#include <ostream>

#include "cli/commands/command_line.h"
#include "cli/commands/show.h"
#include "cli/session/json_fields.h"
#include "cli/terminal/table.h"
#include "config/printable.h"

namespace skiff::cli {
namespace {

namespace json = boost::json;

struct TokenOptions {
  std::string id;
  std::string scope = "tenant-admin";
  std::string note;
  std::string expiresIn;
};

/// "90d", "12h", "30m", "45s" in seconds; nothing if it is none of these.
std::optional<std::int64_t> secondsOf(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const char unit = text.back();
  const std::int64_t factor = unit == 'd' ? 86'400 : unit == 'h' ? 3600 : unit == 'm' ? 60 : 1;
  if (factor == 1 && unit != 's') return std::nullopt;
  std::int64_t count = 0;
  const char* const end = text.data() + text.size() - 1;
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc() || stop != end || count <= 0 || count > 36'500) return std::nullopt;
  return count * factor;
}

ExitStatus listTokens(Session& session) {
  const auto items = session.list("/v1/tokens");
  if (!items) return items.error();
  if (session.wantsJson()) return session.print(json::object{{"items", *items}});
  Table table({{"ID"}, {"SCOPE"}, {"TENANT"}, {"CREATED"}, {"EXPIRES"}, {"NOTE"}});
  for (const json::value& item : *items) {
    const std::string expires = ago(textOf(item, "expires"));
    table.add({{textOf(item, "id"), Style::name},
               textOf(item, "scope"),
               textOf(item, "tenant"),
               ago(textOf(item, "created")),
               expires.empty() ? "never" : expires,
               textOf(item, "note")});
  }
  session.console().out << table.text(session.console());
  return ExitStatus::success;
}

ExitStatus createToken(Session& session, const TokenOptions& options) {
  json::object body{{"scope", options.scope}};
  if (options.scope != "operator") {
    const auto tenant = session.tenant();
    if (!tenant) return tenant.error();
    body["tenant"] = *tenant;
  }
  if (!options.note.empty()) body["note"] = options.note;
  if (!options.expiresIn.empty()) {
    const auto seconds = secondsOf(options.expiresIn);
    if (!seconds) {
      return session.fail("--expires-in " + inQuotes(options.expiresIn) +
                          " is not a time such as 90d, 12h or 30m");
    }
    body["expires_in_s"] = *seconds;
  }
  const auto token = session.askJson({.method = "POST",
                                      .target = "/v1/tokens",
                                      .contentType = "application/json",
                                      .body = json::serialize(body)});
  if (!token) return token.error();
  if (session.wantsJson()) return session.print(*token);
  // Alone on standard output, so that it can be put where it belongs: skiff tokens create > file.
  session.console().errors << "token " << printable(textOf(*token, "id"))
                           << "; this is the only time that it is shown:\n";
  session.console().out << printable(textOf(*token, "token")) << "\n";
  return ExitStatus::success;
}

ExitStatus deleteToken(Session& session, const TokenOptions& options) {
  const auto gone = session.ask({.method = "DELETE", .target = pathOf({"tokens", options.id})});
  if (!gone) return gone.error();
  if (!session.wantsJson()) {
    session.console().out << "token " << printable(options.id) << " is not valid any more\n";
  }
  return ExitStatus::success;
}

}  // namespace

void addTokenCommands(CLI::App& root, CommandLine& line) {
  const auto options = std::make_shared<TokenOptions>();
  CLI::App& tokens = CommandLine::add(
      root, "tokens", "Tokens: who may do what",
      "  skiff tokens create --tenant acme --note ci --expires-in 90d > token.txt\n"
      "  skiff tokens create --scope operator\n"
      "  skiff tokens\n"
      "  skiff tokens delete ID");
  tokens.require_subcommand(0, 1);
  line.when(tokens, listTokens);
  line.when(CommandLine::add(tokens, "list", "List them, without the tokens themselves"),
            listTokens);
  CLI::App& create = CommandLine::add(tokens, "create", "Make one and print it, once");
  create.add_option("--scope", options->scope, "What it may do")
      ->check(CLI::IsMember({"operator", "tenant-admin", "tenant-read"}))
      ->capture_default_str();
  create.add_option("--note", options->note, "What it is for")->type_name("TEXT");
  create.add_option("--expires-in", options->expiresIn, "How long it is valid (default: for ever)")
      ->type_name("90d|12h|30m");
  line.when(create, [options](Session& session) { return createToken(session, *options); });
  CLI::App& remove = CommandLine::add(tokens, "delete", "Make one invalid");
  remove.add_option("id", options->id, "Its id")->required()->type_name("ID");
  line.when(remove, [options](Session& session) { return deleteToken(session, *options); });
}

}  // namespace skiff::cli
