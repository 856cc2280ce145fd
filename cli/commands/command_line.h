#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cli/session/session.h"

namespace CLI {
class App;
}

namespace skiff::cli {

using Command = std::function<ExitStatus(Session&)>;

/// The tree of commands, which each group of commands adds itself to, and the one that was chosen
/// by the words that were parsed.
class CommandLine {
 public:
  /// Adds `name` under `parent`, with examples for its help, a line each.
  static CLI::App& add(CLI::App& parent, std::string_view name, std::string_view description,
                       std::string_view examples = {});
  /// What `command` does. Of a group: where none of its commands is named.
  void when(CLI::App& command, Command run);

  const Command& chosen() const { return chosen_; }

 private:
  Command chosen_;
};

void addLoginCommands(CLI::App& root, CommandLine& line);        // login, logout, hosts
void addTenantCommands(CLI::App& root, CommandLine& line);       // tenants
void addAppCommands(CLI::App& root, CommandLine& line);          // apps
void addDeployCommand(CLI::App& root, CommandLine& line);        // deploy
void addTrafficCommands(CLI::App& root, CommandLine& line);      // versions, split, rollback
void addLogsCommand(CLI::App& root, CommandLine& line);          // logs
void addStatusCommands(CLI::App& root, CommandLine& line);       // status, metrics
void addTopCommand(CLI::App& root, CommandLine& line);           // top
void addSecretCommands(CLI::App& root, CommandLine& line);       // secrets
void addCertificateCommands(CLI::App& root, CommandLine& line);  // certificates
void addTokenCommands(CLI::App& root, CommandLine& line);        // tokens
void addAuditCommand(CLI::App& root, CommandLine& line);         // audit
void addDevCommand(CLI::App& root, CommandLine& line);           // dev
void addCompletionCommands(CLI::App& root, CommandLine& line);   // completion

}  // namespace skiff::cli
