#include "cli/commands/command_line.h"

#include <CLI/CLI.hpp>

namespace skiff::cli {

CLI::App& CommandLine::add(CLI::App& parent, std::string_view name, std::string_view description,
                           std::string_view examples) {
  CLI::App& command = *parent.add_subcommand(std::string(name), std::string(description));
  if (!examples.empty()) command.footer("Examples:\n" + std::string(examples));
  return command;
}

void CommandLine::when(CLI::App& command, Command run) {
  // A group is told after its commands.
  command.callback([this, run = std::move(run)] {
    if (!chosen_) chosen_ = run;
  });
}

}  // namespace skiff::cli
