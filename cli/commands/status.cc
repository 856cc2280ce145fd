// skiff status and metrics: whether the daemon is well, and what it counts.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <memory>
#include <ostream>

#include "cli/commands/app_usage.h"
#include "cli/commands/command_line.h"
#include "cli/commands/metrics_filter.h"
#include "cli/session/json_fields.h"
#include "config/printable.h"

namespace skiff::cli {
namespace {

namespace json = boost::json;

ExitStatus failUnexpected(Session& session, const AdminAddress& address, std::string_view path,
                          const Reply& reply) {
  return session.fail("unexpected answer from " + address.url() + std::string(path) + " (status " +
                      std::to_string(reply.status) + "). Is this skiffd's [admin] listen address?");
}

void printReadiness(Session& session, const Access& access, const json::value& health,
                    const json::value& readiness) {
  std::ostream& out = session.console().out;
  const bool isReady = textOf(readiness, "status") == "ready";
  out << "skiffd " << printable(textOf(health, "version")) << " at " << access.address.url() << "\n"
      << "engine  " << printable(textOf(health, "engine")) << "\n"
      << "state   " << (isReady ? "ready" : "not ready, waiting for") << "\n";
  for (const std::string& entry : textsOf(readiness, "not_ready")) {
    out << "        " << printable(entry) << "\n";
  }
}

/// Whether the daemon lives, what it is and what it still waits for; with a token, also what its
/// apps use.
ExitStatus showStatus(Session& session) {
  const auto access = session.access();
  if (!access) return access.error();
  const auto healthReply = transfer(access->address, {.target = "/healthz"});
  if (!healthReply) return session.fail(healthReply.error().message);
  const json::value health = parseJson(healthReply->body);
  if (healthReply->status != 200 || textOf(health, "status") != "ok") {
    return failUnexpected(session, access->address, "/healthz", *healthReply);
  }
  const auto readyReply = transfer(access->address, {.target = "/readyz"});
  if (!readyReply) return session.fail(readyReply.error().message);
  const json::value readiness = parseJson(readyReply->body);
  const std::string state = textOf(readiness, "status");
  if (state != (readyReply->status == 200 ? "ready" : "not_ready")) {
    return failUnexpected(session, access->address, "/readyz", *readyReply);
  }
  const ExitStatus ended = state == "ready" ? ExitStatus::success : ExitStatus::negative;

  json::value status;
  if (!access->token.empty()) {
    if (!session.wantsJson()) printReadiness(session, *access, health, readiness);
    auto answer = askStatus(session);
    if (!answer) return answer.error();
    status = std::move(*answer);
  }
  if (session.wantsJson()) {
    session.print(json::object{{"health", health}, {"readiness", readiness}, {"status", status}});
    return ended;
  }
  if (access->token.empty()) {
    printReadiness(session, *access, health, readiness);
    return ended;
  }
  session.console().out << usageSummary(status);
  const auto apps = usageOf(status);
  if (!apps.empty()) {
    session.console().out << "\n" << usageTable(session.console(), apps, nullptr);
  }
  return ended;
}

ExitStatus showMetrics(Session& session, const std::string& pattern) {
  const auto access = session.access();
  if (!access) return access.error();
  const auto reply = transfer(access->address, {.target = "/metrics"});
  if (!reply) return session.fail(reply.error().message);
  if (reply->status != 200) return failUnexpected(session, access->address, "/metrics", *reply);
  const std::string selected = selectMetrics(reply->body, pattern);
  session.console().out << selected;
  return selected.empty() ? ExitStatus::negative : ExitStatus::success;
}

}  // namespace

void addStatusCommands(CLI::App& root, CommandLine& line) {
  CLI::App& status = CommandLine::add(
      root, "status", "Tell whether the daemon is alive and ready, and what its apps use",
      "  skiff status && echo ready        # 0 ready, 1 alive but not ready, 2 no answer\n"
      "  skiff status --json | jq .status.items");
  line.when(status, showStatus);

  const auto pattern = std::make_shared<std::string>();
  CLI::App& metrics = CommandLine::add(root, "metrics", "Print the daemon's metrics",
                                       "  skiff metrics\n  skiff metrics acme");
  metrics.add_option("pattern", *pattern, "Only those whose name or labels contain this text")
      ->type_name("PATTERN");
  line.when(metrics, [pattern](Session& session) { return showMetrics(session, *pattern); });
}

}  // namespace skiff::cli
