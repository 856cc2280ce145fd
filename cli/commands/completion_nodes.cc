#include <CLI/CLI.hpp>

#include "cli/commands/command_tree.h"
#include "cli/commands/completion.h"

namespace skiff::cli {
namespace {

void addOptions(const CLI::App& app, CompletionNode& node) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) {
      if (node.argument.empty()) node.argument = option->get_type_name();
      continue;
    }
    CompletionOption found;
    for (const std::string& name : option->get_snames()) found.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) found.names.push_back("--" + name);
    found.description = option->get_description();
    if (option->get_expected_max() > 0) found.value = option->get_type_name();
    const bool isKnown =
        std::any_of(node.options.begin(), node.options.end(),
                    [&](const CompletionOption& other) { return other.names == found.names; });
    if (!isKnown) node.options.push_back(std::move(found));
  }
}

void addNodes(const CLI::App& root, const CLI::App& app, const std::string& path,
              std::vector<CompletionNode>& nodes) {
  CompletionNode node{path, {}, {}, {}};
  addOptions(app, node);
  if (&app != &root) addOptions(root, node);
  const std::vector<const CLI::App*> commands = visibleCommands(app);
  for (const CLI::App* command : commands) {
    node.commands.emplace_back(command->get_name(), command->get_description());
  }
  nodes.push_back(std::move(node));
  for (const CLI::App* command : commands) {
    addNodes(root, *command, path + " " + command->get_name(), nodes);
  }
}

}  // namespace

std::vector<CompletionNode> completionNodes(const CLI::App& root) {
  std::vector<CompletionNode> nodes;
  addNodes(root, root, root.get_name(), nodes);
  return nodes;
}

}  // namespace skiff::cli
