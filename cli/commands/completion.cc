// skiff completion: what a shell needs to complete skiff's words.
#include "cli/commands/completion.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <memory>
#include <ostream>

#include "cli/commands/command_line.h"
#include "cli/session/json_fields.h"
#include "config/name.h"

namespace skiff::cli {
namespace {

/// Whoever presses a key does not wait longer.
constexpr std::chrono::milliseconds kPatience{700};
constexpr std::size_t kMostNames = 200;

ExitStatus printScript(Session& session, const CLI::App& root, const std::string& shell) {
  const std::vector<CompletionNode> nodes = completionNodes(root);
  session.console().out << (shell == "bash"  ? bashCompletion(nodes)
                            : shell == "zsh" ? zshCompletion(nodes)
                                             : fishCompletion(nodes));
  return ExitStatus::success;
}

/// Only proper names, since shells expand what they are given.
void printNames(Session& session, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (isValidName(name)) session.console().out << name << "\n";
  }
}

ExitStatus completeNames(Session& session, const std::string& kind) {
  session.hurry(kPatience);
  if (kind == "hosts") {
    const auto credentials = readCredentials(session.credentialsFile());
    if (!credentials) return session.fail(credentials.error().message);
    std::vector<std::string> names;
    for (const auto& [name, host] : credentials->hosts) names.push_back(name);
    printNames(session, names);
    return ExitStatus::success;
  }
  std::string target = "/v1/tenants";
  if (kind == "apps") {
    const auto tenant = session.tenant();
    if (!tenant) return tenant.error();
    target = pathOf({"tenants", *tenant, "apps"});
  }
  const auto answer = session.get(target + "?limit=" + std::to_string(kMostNames));
  if (!answer) return answer.error();
  std::vector<std::string> names;
  for (const auto& item : listOf(*answer, "items")) names.push_back(textOf(item, "name"));
  printNames(session, names);
  return ExitStatus::success;
}

}  // namespace

void addCompletionCommands(CLI::App& root, CommandLine& line) {
  const auto word = std::make_shared<std::string>();
  CLI::App& completion = CommandLine::add(
      root, "completion", "Print what a shell needs to complete skiff's words",
      "  source <(skiff completion bash)            # in ~/.bashrc\n"
      "  source <(skiff completion zsh)             # in ~/.zshrc, after compinit\n"
      "  skiff completion fish | source             # in config.fish");
  completion.add_option("shell", *word, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("SHELL");
  line.when(completion,
            [word, &root](Session& session) { return printScript(session, root, *word); });

  CLI::App& names = CommandLine::add(root, "complete-names", "Print names, for completion");
  names.group("");  // not for people
  names.add_option("kind", *word)->required()->check(CLI::IsMember({"tenants", "apps", "hosts"}));
  line.when(names, [word](Session& session) { return completeNames(session, *word); });
}

}  // namespace skiff::cli
