#include "cli/commands/run_skiff.h"

#include <CLI/CLI.hpp>
#include <ostream>

#include "cli/commands/command_line.h"
#include "cli/commands/command_tree.h"
#include "config/printable.h"
#include "config/suggest.h"

namespace skiff::cli {
namespace {

/// The command that the words came to.
CLI::App& deepest(CLI::App& app) {
  const std::vector<CLI::App*> parsed = app.get_subcommands();
  return parsed.empty() ? app : deepest(*parsed.back());
}

/// The words that were typed up to a command: "skiff tenants set".
std::string pathTo(const CLI::App& app) {
  return (app.get_parent() ? pathTo(*app.get_parent()) + " " : "") + app.get_name();
}

void addOptions(const CLI::App& app, std::vector<std::string>& known) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
}

/// Says that `word` is not known, and what is near.
std::string unknown(CLI::App& root, const std::string& word) {
  CLI::App& command = deepest(root);
  std::vector<std::string> known;
  const bool isOption = word.starts_with('-');
  if (isOption) {
    addOptions(command, known);
    addOptions(root, known);
  } else {
    for (const CLI::App* below : visibleCommands(command)) known.push_back(below->get_name());
  }
  const std::vector<std::string_view> views(known.begin(), known.end());
  std::string message = "\"" + pathTo(command) + "\" knows no " +
                        (isOption        ? "option "
                         : known.empty() ? "argument "
                                         : "command ") +
                        inQuotes(word);
  if (const auto near = nearestWord(word, views)) {
    message += "; did you mean \"" + std::string(*near) + "\"?";
  }
  return message;
}

ExitStatus wrongUsage(CLI::App& root, const std::string& why, Console& console) {
  console.errors << "skiff: " << printable(why) << "\n       " << pathTo(deepest(root))
                 << " --help tells what there is\n";
  return ExitStatus::failed;
}

ExitStatus parseFailed(CLI::App& root, const CLI::ParseError& error, Console& console) {
  if (error.get_exit_code() == 0) {  // help or version
    root.exit(error, console.out, console.errors);
    return ExitStatus::success;
  }
  const bool isUnknown = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError);
  const std::vector<std::string> extras = root.remaining(true);
  if (isUnknown && !extras.empty()) {
    return wrongUsage(root, unknown(root, extras.front()), console);
  }
  return wrongUsage(root, error.what(), console);
}

}  // namespace

ExitStatus runSkiff(const std::vector<std::string>& words, Surroundings& surroundings) {
  CommandTree tree;
  std::vector<std::string> reversed(words.rbegin(), words.rend());
  try {
    tree.root().parse(reversed);
  } catch (const CLI::ParseError& error) {
    return parseFailed(tree.root(), error, surroundings.console);
  }
  if (!tree.line().chosen()) {
    surroundings.console.errors << tree.root().help();
    return ExitStatus::failed;
  }
  Session session(surroundings, tree.options());
  return tree.line().chosen()(session);
}

}  // namespace skiff::cli
