#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "cli/commands/command_line.h"

namespace skiff::cli {

/// All of skiff's commands and options, ready to parse words.
class CommandTree {
 public:
  CommandTree();
  CommandTree(const CommandTree&) = delete;
  CommandTree& operator=(const CommandTree&) = delete;

  CLI::App& root() { return root_; }
  const CommandLine& line() const { return line_; }
  const GlobalOptions& options() const { return options_; }

 private:
  CLI::App root_;
  CommandLine line_;
  GlobalOptions options_;
};

/// The commands right under `app` that its help lists, in that order.
std::vector<const CLI::App*> visibleCommands(const CLI::App& app);

}  // namespace skiff::cli
