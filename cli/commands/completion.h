#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace skiff::cli {

/// What a command line may go on with, taken from the tree of commands.
struct CompletionOption {
  std::vector<std::string> names;  ///< with their dashes
  std::string description;
  std::string value;  ///< what kind of value it takes: "APP", "FILE"; empty: none
};
struct CompletionNode {
  std::string path;                                           ///< "skiff tenants set"
  std::vector<std::pair<std::string, std::string>> commands;  ///< names and descriptions
  std::vector<CompletionOption> options;                      ///< its own and those of `skiff`
  std::string argument;  ///< the kind of its first positional argument; empty: none
};
std::vector<CompletionNode> completionNodes(const CLI::App& root);

/// The scripts. What tenants, apps and hosts are called they ask `skiff complete-names` for.
std::string bashCompletion(const std::vector<CompletionNode>& nodes);
std::string zshCompletion(const std::vector<CompletionNode>& nodes);
std::string fishCompletion(const std::vector<CompletionNode>& nodes);

}  // namespace skiff::cli
