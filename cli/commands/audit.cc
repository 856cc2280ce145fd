// skiff audit: who changed what.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <memory>
#include <ostream>

#include "cli/commands/command_line.h"
#include "cli/commands/show.h"
#include "cli/session/json_fields.h"
#include "cli/terminal/table.h"

namespace skiff::cli {
namespace {

namespace json = boost::json;

struct AuditOptions {
  unsigned count = 50;
  std::string before;
};

ExitStatus showAudit(Session& session, const AuditOptions& options) {
  std::string target = "/v1/audit?limit=" + std::to_string(options.count);
  if (!options.before.empty()) target += "&before=" + escapeSegment(options.before);
  if (const std::string& tenant = session.options().tenant; !tenant.empty()) {
    target += "&tenant=" + escapeSegment(tenant);
  }
  const auto answer = session.get(target);
  if (!answer) return answer.error();
  if (session.wantsJson()) return session.print(*answer);
  Table table({{"REVISION", Table::Align::right},
               {"WHEN"},
               {"WHO"},
               {"DID"},
               {"TENANT"},
               {"APP"},
               {"SUBJECT"}});
  for (const json::value& item : listOf(*answer, "items")) {
    table.add({std::to_string(countOf(item, "revision")), ago(textOf(item, "time")),
               textOf(item, "actor"), textOf(item, "action"), textOf(item, "tenant"),
               textOf(item, "app"), textOf(item, "subject")});
  }
  session.console().out << table.text(session.console());
  return ExitStatus::success;
}

}  // namespace

void addAuditCommand(CLI::App& root, CommandLine& line) {
  const auto options = std::make_shared<AuditOptions>();
  CLI::App& audit = CommandLine::add(root, "audit", "Tell who changed what, newest first",
                                     "  skiff audit --tenant acme -n 20\n"
                                     "  skiff audit --json | jq '.items[] | .before, .after'");
  audit.add_option("-n,--count", options->count, "How many changes")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  audit.add_option("--before", options->before, "Only those before this revision")
      ->type_name("REVISION");
  line.when(audit, [options](Session& session) { return showAudit(session, *options); });
}

}  // namespace skiff::cli
