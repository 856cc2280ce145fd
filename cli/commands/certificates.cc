// skiff certificates: what is shown over HTTPS for a tenant's hosts.
#include <openssl/crypto.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <memory>
#include <ostream>

#include "cli/commands/command_line.h"
#include "cli/session/json_fields.h"
#include "cli/terminal/human.h"
#include "cli/terminal/table.h"
#include "config/printable.h"
#include "config/regular_file.h"

namespace skiff::cli {
namespace {

namespace json = boost::json;

constexpr auto kLargestFile = 128_KiB;

struct CertificateOptions {
  std::string host;
  std::string certificate;
  std::string key;
};

std::string pathFor(const std::string& tenant, const std::string& host) {
  return pathOf({"tenants", tenant, "certificates", host});
}

Answer<std::string> read(Session& session, const std::string& file) {
  const auto bytes = readRegularFile(file, kLargestFile);
  if (!bytes) return session.fail(printable(file) + ": " + bytes.error().message);
  return Answer<std::string>(boost::system::in_place_value, bytes->begin(), bytes->end());
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

ExitStatus put(Session& session, const CertificateOptions& options) {
  const auto tenant = session.tenant();
  if (!tenant) return tenant.error();
  const auto chain = read(session, options.certificate);
  if (!chain) return chain.error();
  auto key = read(session, options.key);
  if (!key) return key.error();
  Request request{.method = "PUT",
                  .target = pathFor(*tenant, options.host),
                  .contentType = "application/json",
                  .body = json::serialize(json::object{{"certificate", *chain}, {"key", *key}})};
  OPENSSL_cleanse(key->data(), key->size());
  const auto answer = session.askJson(std::move(request));
  if (!answer) return answer.error();
  if (session.wantsJson()) return session.print(*answer);
  session.console().out << "the certificate for " << printable(textOf(*answer, "host"))
                        << " is valid until " << printable(textOf(*answer, "not_after")) << "\n";
  if (!member(*answer, "shown").is_bool() || !member(*answer, "shown").get_bool()) {
    session.console().errors << "skiff: it is kept, but not shown: the daemon's configuration has "
                                "no [[certificate]], or one for this host\n";
  }
  return ExitStatus::success;
}

ExitStatus list(Session& session) {
  const auto tenant = session.tenant();
  if (!tenant) return tenant.error();
  const auto items = session.list(pathOf({"tenants", *tenant, "certificates"}));
  if (!items) return items.error();
  if (session.wantsJson()) return session.print(json::object{{"items", *items}});
  Table table({{"HOST"}, {"NAMES"}, {"EXPIRES"}, {"SHA-256"}});
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  for (const json::value& item : *items) {
    table.add({{textOf(item, "host"), Style::name},
               joined(textsOf(item, "names")),
               humanTime(textOf(item, "not_after"), now),
               textOf(item, "fingerprint").substr(0, 16)});
  }
  if (table.isEmpty()) {
    session.console().errors << "tenant " << printable(*tenant)
                             << " has no certificates: skiff certificates put HOST CERT KEY\n";
    return ExitStatus::success;
  }
  session.console().out << table.text(session.console());
  return ExitStatus::success;
}

ExitStatus show(Session& session, const CertificateOptions& options) {
  const auto tenant = session.tenant();
  if (!tenant) return tenant.error();
  const auto answer = session.get(pathFor(*tenant, options.host));
  if (!answer) return answer.error();
  if (session.wantsJson()) return session.print(*answer);
  session.console().out << fieldsText(session.console(),
                                      {{"host", textOf(*answer, "host")},
                                       {"subject", textOf(*answer, "subject")},
                                       {"issuer", textOf(*answer, "issuer")},
                                       {"names", joined(textsOf(*answer, "names"))},
                                       {"key", textOf(*answer, "key_type")},
                                       {"from", textOf(*answer, "not_before")},
                                       {"until", textOf(*answer, "not_after")},
                                       {"sha-256", textOf(*answer, "fingerprint")},
                                       {"put by", textOf(*answer, "created_by")}});
  return ExitStatus::success;
}

ExitStatus remove(Session& session, const CertificateOptions& options) {
  const auto tenant = session.tenant();
  if (!tenant) return tenant.error();
  const auto gone = session.ask({.method = "DELETE", .target = pathFor(*tenant, options.host)});
  if (!gone) return gone.error();
  if (!session.wantsJson()) {
    session.console().out << "the certificate for " << printable(options.host) << " is gone\n";
  }
  return ExitStatus::success;
}

}  // namespace

void addCertificateCommands(CLI::App& root, CommandLine& line) {
  const auto options = std::make_shared<CertificateOptions>();
  CLI::App& certificates = CommandLine::add(
      root, "certificates", "Certificates that are shown over HTTPS for a tenant's hosts",
      "  skiff certificates put www.example.com fullchain.pem privkey.pem\n"
      "  skiff certificates list\n"
      "  skiff certificates delete www.example.com");
  certificates.require_subcommand(0, 1);
  line.when(certificates, list);
  line.when(CommandLine::add(certificates, "list", "List them, and when they expire"), list);
  const auto add = [&](std::string_view name, std::string_view description,
                       ExitStatus (*run)(Session&, const CertificateOptions&)) -> CLI::App& {
    CLI::App& command = CommandLine::add(certificates, name, description);
    command.add_option("host", options->host, "The host, such as www.example.com or *.example.com")
        ->required()
        ->type_name("HOST");
    line.when(command, [options, run](Session& session) { return run(session, *options); });
    return command;
  };
  add("show", "Show one", show);
  add("delete", "Take one away", remove);
  CLI::App& putting = add("put", "Show this one from now on, in place of the one before", put);
  putting
      .add_option("certificate", options->certificate,
                  "The host's certificate and those that vouch for it, PEM")
      ->required()
      ->type_name("CERT");
  putting.add_option("private-key", options->key, "Its key, PEM, not encrypted")
      ->required()
      ->type_name("KEY");
}

}  // namespace skiff::cli
