#include "cli/commands/command_tree.h"

#include <CLI/CLI.hpp>

namespace skiff::cli {
namespace {

constexpr const char* kFooter =
    "First steps:\n"
    "  skiff login --data-dir var                            # on the daemon's machine\n"
    "  skiff tenants create acme\n"
    "  skiff deploy hello.wasm --route 'hello.localhost/*'\n"
    "  skiff logs hello -f\n"
    "Or all on its own:  skiff dev hello.wasm\n\n"
    "Environment: SKIFF_ADMIN, SKIFF_TOKEN, SKIFF_HOST, SKIFF_DATA_DIR, SKIFF_TENANT, SKIFF_APP, "
    "SKIFF_CA, SKIFF_CERT, SKIFF_KEY, NO_COLOR.\n"
    "Exit status: 0 done; 1 the answer is no (refused, not found, not ready); 2 no answer, or "
    "wrong "
    "usage.";

}  // namespace

CommandTree::CommandTree()
    : root_("Deploys to a skiff daemon and looks after it, through its admin listener.", "skiff") {
  root_.set_version_flag("--version", "skiff " SKIFF_VERSION);
  root_.require_subcommand(0, 1);
  root_.fallthrough();  // options of `skiff` may follow the command
  root_.footer(kFooter);
  root_
      .add_option("--admin", options_.admin,
                  "The daemon's admin listener (or SKIFF_ADMIN; default: where you are logged in, "
                  "else http://127.0.0.1:9090)")
      ->type_name("URL");
  root_
      .add_option("--host", options_.host, "One of the hosts you are logged in to (or SKIFF_HOST)")
      ->type_name("HOST");
  root_
      .add_option("--data-dir", options_.dataDir,
                  "Be the operator of the daemon on this machine, whose data_dir this is (or "
                  "SKIFF_DATA_DIR)")
      ->type_name("PATH");
  root_
      .add_option("-t,--tenant", options_.tenant,
                  "The tenant (or SKIFF_TENANT; default: the login's, or the only one)")
      ->type_name("TENANT");
  const auto addFile = [this](const char* name, std::string& into, const char* description) {
    root_.add_option(name, into, description)->type_name("FILE");
  };
  addFile("--ca", options_.tls.ca,
          "Who vouches for the daemon's certificate over https (or SKIFF_CA; default: the system's "
          "authorities)");
  addFile("--cert", options_.tls.certificate,
          "Your certificate, where the daemon asks for one (or SKIFF_CERT)");
  addFile("--key", options_.tls.key, "Its key (or SKIFF_KEY; default: in the same file)");
  root_.add_flag("--json", options_.json, "Print the API's JSON, for scripts");

  addDeployCommand(root_, line_);
  addDevCommand(root_, line_);
  addLogsCommand(root_, line_);
  addTrafficCommands(root_, line_);
  addAppCommands(root_, line_);
  addSecretCommands(root_, line_);
  addCertificateCommands(root_, line_);
  addTenantCommands(root_, line_);
  addTokenCommands(root_, line_);
  addStatusCommands(root_, line_);
  addTopCommand(root_, line_);
  addAuditCommand(root_, line_);
  addLoginCommands(root_, line_);
  addCompletionCommands(root_, line_);
#ifdef SKIFF_WASI_RUN
  root_.add_subcommand("wasi-run", "Run a WASI program on its own, here");
#endif
}

std::vector<const CLI::App*> visibleCommands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_group().empty(); });
}

}  // namespace skiff::cli
