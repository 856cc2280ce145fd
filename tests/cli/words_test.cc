// The words of the command line: help, errors, completion.
#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>

#include "cli/commands/command_tree.h"
#include "cli/commands/completion.h"
#include "tests/cli/run.h"

namespace skiff::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

void collect(const CLI::App& app, std::vector<std::string> path,
             std::vector<std::vector<std::string>>& paths) {
  for (const CLI::App* command : visibleCommands(app)) {
    if (command->get_name() == "wasi-run") continue;
    path.push_back(command->get_name());
    paths.push_back(path);
    collect(*command, path, paths);
    path.pop_back();
  }
}

TEST(EachCommand, HasAHelpWithExamples) {
  CommandTree tree;
  std::vector<std::vector<std::string>> paths;
  collect(tree.root(), {}, paths);
  ASSERT_GT(paths.size(), 30U);
  for (auto path : paths) {
    const std::string name = path.back();
    path.push_back("--help");
    const Ran ran = Place().run(path);
    EXPECT_EQ(ran.status, ExitStatus::success) << name;
    EXPECT_THAT(ran.out, HasSubstr("Usage:")) << name;
    EXPECT_THAT(ran.out, HasSubstr("Examples:\n  s")) << name;
  }
}

TEST(Words, ThatAreWrongHaveNeighbours) {
  const auto said = [](const std::vector<std::string>& words) {
    const Ran ran = Place().run(words);
    EXPECT_EQ(ran.status, ExitStatus::failed);
    EXPECT_EQ(ran.out, "");
    return ran.errors;
  };
  EXPECT_THAT(said({"dploy"}), AllOf(HasSubstr("did you mean \"deploy\"?"), HasSubstr("--help")));
  EXPECT_THAT(said({"apps", "lst"}), HasSubstr("did you mean \"list\"?"));
  EXPECT_THAT(said({"deploy", "--imge", "x"}), HasSubstr("did you mean \"--image\"?"));
  EXPECT_THAT(said({"status", "--jsn"}), HasSubstr("did you mean \"--json\"?"));
  EXPECT_THAT(said({"apps", "show"}), HasSubstr("app is required"));
  EXPECT_THAT(said({"status", "\x1b[2J"}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(said({}), HasSubstr("deploy"));
}

TEST(Names, MayBeThoseOfCommands) {
  ScriptedServer server;
  server.on("GET /v1/tenants/acme/apps/status", answer(200, R"({"name":"status"})"));
  EXPECT_EQ(Place(server).run({"apps", "show", "status"}).status, ExitStatus::success);
  server.on("POST /v1/tenants/acme/apps/logs/rollback", answer(200, R"({"split":[]})"));
  EXPECT_EQ(Place(server).run({"rollback", "logs"}).status, ExitStatus::success);
}

TEST(CompletionNodes, AreTheCommands) {
  CommandTree tree;
  const auto nodes = completionNodes(tree.root());
  std::vector<std::string> paths;
  for (const auto& node : nodes) paths.push_back(node.path);
  EXPECT_THAT(paths, IsSupersetOf({"skiff", "skiff deploy", "skiff tenants set"}));
  EXPECT_THAT(paths, Not(Contains("skiff complete-names")));
}

/// What bash offers for a line whose last word is being typed, `skiff` being that script.
std::string bashOffers(const std::string& skiff, const std::string& words) {
  const Ran script = Place().run({"completion", "bash"});
  EXPECT_EQ(script.status, ExitStatus::success);
  const skiff::testing::TemporaryDirectory directory;
  directory.write("completion", script.out);
  directory.write("ask", "skiff() { " + skiff + "; }\nsource " +
                             (directory.path() / "completion").string() + "\nCOMP_WORDS=(" + words +
                             ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_skiff\n"
                             "for word in \"${COMPREPLY[@]}\"; do printf '%s ' \"$word\"; done\n");
  FILE* const pipe =
      ::popen(("bash --norc " + (directory.path() / "ask").string() + " 2>&1").c_str(), "r");
  std::string text;
  std::array<char, 4096> buffer;
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    text.append(buffer.data(), size);
  }
  ::pclose(pipe);
  return text;
}

TEST(BashCompletion, OffersCommandsOptionsAndNames) {
  const std::string names = "echo \"$2-one $2-two\"";
  EXPECT_EQ(bashOffers(names, "skiff dep"), "deploy ");
  EXPECT_EQ(bashOffers(names, "skiff apps s"), "show set ");
  EXPECT_EQ(bashOffers(names, "skiff --json apps set --unse"), "--unset ");
  EXPECT_EQ(bashOffers(names, "skiff apps show ''"), "apps-one apps-two ");
  EXPECT_EQ(bashOffers(names, "skiff apps show web --tenant ''"), "tenants-one tenants-two ");
  EXPECT_EQ(bashOffers(names, "skiff tenants delete tenants-t"), "tenants-two ");
  EXPECT_EQ(bashOffers(names, "skiff status --host ''"), "hosts-one hosts-two ");
  EXPECT_EQ(bashOffers(names, "skiff login --url ''"), "");
  EXPECT_EQ(bashOffers("return 1", "skiff apps show ''"), "");
}

TEST(Completion, IsThereForZshAndFish) {
  EXPECT_THAT(Place().run({"completion", "zsh"}).out,
              AllOf(HasSubstr("#compdef skiff"), HasSubstr("'deploy:")));
  EXPECT_THAT(Place().run({"completion", "fish"}).out,
              HasSubstr("-n '__skiff_at \"skiff apps\"' -a create"));
  EXPECT_EQ(Place().run({"completion", "csh"}).status, ExitStatus::failed);
}

TEST(CompleteNames, AreProperNamesOnly) {
  ScriptedServer server;
  server.on("GET /v1/tenants/acme/apps?limit=200",
            answer(200, R"x({"items":[{"name":"web"},{"name":"$(reboot)"},{"name":"a b"}]})x"));
  EXPECT_EQ(Place(server).run({"complete-names", "apps"}).out, "web\n");
}

}  // namespace
}  // namespace skiff::cli
