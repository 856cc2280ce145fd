#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/exit_status.h"
#include "tests/cli/scripted_server.h"
#include "tests/temporary_directory.h"

namespace skiff::cli {

/// How a command ended, and what it printed.
struct Ran {
  ExitStatus status;
  std::string out;
  std::string errors;
};

/// A place to run commands of skiff in: with a home of its own, variables, and standard input.
struct Place {
  skiff::testing::TemporaryDirectory home;
  std::map<std::string, std::string> variables;
  std::string input;
  bool isStyled = false;
  bool isLively = false;
  std::size_t width = 0;

  Place() = default;
  /// Logged in to that server by SKIFF_ADMIN and SKIFF_TOKEN, as tenant acme.
  explicit Place(const ScriptedServer& server)
      : variables{{"SKIFF_ADMIN", server.url()},
                  {"SKIFF_TOKEN", "secret-token"},
                  {"SKIFF_TENANT", "acme"}} {}

  Ran run(const std::vector<std::string>& words) const;
};

}  // namespace skiff::cli
