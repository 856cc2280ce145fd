// skiff tenants: who owns apps, and what they may use.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <memory>
#include <ostream>

#include "cli/commands/command_line.h"
#include "cli/commands/document.h"
#include "cli/commands/show.h"
#include "cli/session/json_fields.h"
#include "cli/terminal/table.h"
#include "config/printable.h"

namespace skiff::cli {
namespace {

namespace json = boost::json;

struct TenantOptions {
  std::string name;
  DocumentChanges changes;
};

std::string pathOfTenant(const std::string& name) {
  return pathOf({"tenants", name});
}

ExitStatus listTenants(Session& session) {
  const auto items = session.list("/v1/tenants");
  if (!items) return items.error();
  if (session.wantsJson()) return session.print(json::object{{"items", *items}});
  Table table({{"TENANT"}, {"FROM"}, {"CLOCK"}, {"UPDATED"}});
  for (const json::value& item : *items) {
    table.add({{textOf(item, "name"), Style::name},
               textOf(item, "source"),
               textOf(item, "clock"),
               ago(textOf(item, "updated"))});
  }
  if (table.isEmpty()) {
    session.console().errors << "no tenants yet: skiff tenants create NAME\n";
    return ExitStatus::success;
  }
  session.console().out << table.text(session.console());
  return ExitStatus::success;
}

ExitStatus showTenant(Session& session, const TenantOptions& options) {
  session.isAbout(options.name);
  const auto tenant = session.get(pathOfTenant(options.name));
  if (!tenant) return tenant.error();
  if (session.wantsJson()) return session.print(*tenant);
  const json::value& signatures = member(*tenant, "signatures");
  session.console().out << fieldsText(session.console(),
                                      {{"tenant", {textOf(*tenant, "name"), Style::name}},
                                       {"from", textOf(*tenant, "source")},
                                       {"clock", textOf(*tenant, "clock")},
                                       {"hosts", joined(textsOf(*tenant, "hosts"))},
                                       {"signatures", textOf(signatures, "policy")},
                                       {"limits", pairsText(member(*tenant, "limits"))},
                                       {"created", ago(textOf(*tenant, "created"))},
                                       {"updated", ago(textOf(*tenant, "updated"))}});
  return ExitStatus::success;
}

ExitStatus putTenant(Session& session, const TenantOptions& options, json::object document,
                     std::pair<std::string, std::string> condition, std::string_view done) {
  if (const auto applied = applyChanges(options.changes, document); !applied) {
    return session.fail(applied.error().message);
  }
  Request request{.method = "PUT",
                  .target = pathOfTenant(options.name),
                  .contentType = "application/json",
                  .body = json::serialize(document)};
  if (!condition.second.empty()) request.fields.push_back(std::move(condition));
  const auto tenant = session.askJson(std::move(request));
  if (!tenant) return tenant.error();
  if (session.wantsJson()) return session.print(*tenant);
  session.console().out << "tenant " << printable(options.name) << " " << done << "\n";
  return ExitStatus::success;
}

ExitStatus createTenant(Session& session, const TenantOptions& options) {
  json::object document;
  if (!options.changes.from.empty()) {
    auto read = readDocument(options.changes.from, session.console().in);
    if (!read) return session.fail(read.error().message);
    document = std::move(*read);
  }
  return putTenant(session, options, std::move(document), {"If-None-Match", "*"}, "is there");
}

ExitStatus setTenant(Session& session, const TenantOptions& options) {
  session.isAbout(options.name);
  if (options.changes.isEmpty()) {
    return session.fail("there is nothing to set",
                        "--limit KEY=VALUE, --unset KEY, --from FILE.json");
  }
  const auto before = session.ask({.target = pathOfTenant(options.name)});
  if (!before) return before.error();
  json::value was = parseJson(before->body);
  json::object document;
  if (!options.changes.from.empty()) {
    auto read = readDocument(options.changes.from, session.console().in);
    if (!read) return session.fail(read.error().message);
    document = std::move(*read);
  } else if (was.is_object()) {
    document = std::move(was.get_object());
  }
  keepDocument(document);
  return putTenant(session, options, std::move(document), {"If-Match", before->etag}, "is set");
}

ExitStatus deleteTenant(Session& session, const TenantOptions& options) {
  session.isAbout(options.name);
  const auto gone = session.ask({.method = "DELETE", .target = pathOfTenant(options.name)});
  if (!gone) return gone.error();
  if (!session.wantsJson()) {
    session.console().out << "tenant " << printable(options.name) << " and its apps are gone\n";
  }
  return ExitStatus::success;
}

}  // namespace

void addTenantCommands(CLI::App& root, CommandLine& line) {
  const auto options = std::make_shared<TenantOptions>();
  CLI::App& tenants =
      CommandLine::add(root, "tenants", "Tenants: who owns apps, and what they may use",
                       "  skiff tenants\n"
                       "  skiff tenants create acme --limit cpu_ms=50 --limit memory=64MiB\n"
                       "  skiff tenants set acme --unset limits.cpu_ms\n"
                       "  skiff tenants delete acme");
  tenants.require_subcommand(0, 1);
  line.when(tenants, listTenants);
  line.when(CommandLine::add(tenants, "list", "List them"), listTenants);
  const auto add = [&](std::string_view name, std::string_view description, auto run) -> CLI::App& {
    CLI::App& command = CommandLine::add(tenants, name, description);
    command.add_option("name", options->name, "The tenant's name")->required()->type_name("TENANT");
    line.when(command, [options, run](Session& session) { return run(session, *options); });
    return command;
  };
  addDocumentOptions(add("create", "Make one", createTenant), options->changes);
  add("show", "Show one with its limits", showTenant);
  addDocumentOptions(add("set", "Change one; what is not named stays", setTenant),
                     options->changes);
  add("delete", "Take one away, with all of its apps", deleteTenant);
}

}  // namespace skiff::cli
