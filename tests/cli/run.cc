#include "tests/cli/run.h"

#include <sstream>

#include "cli/commands/run_skiff.h"

namespace skiff::cli {

Ran Place::run(const std::vector<std::string>& words) const {
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream errors;
  Surroundings surroundings{Console{.in = in,
                                    .out = out,
                                    .errors = errors,
                                    .isStyled = isStyled,
                                    .isLively = isLively,
                                    .width = width,
                                    .askSecret = {}},
                            [this](const char* name) -> std::string {
                              if (std::string_view(name) == "HOME") return home.path();
                              const auto found = variables.find(name);
                              return found == variables.end() ? std::string() : found->second;
                            }};
  const ExitStatus status = runSkiff(words, surroundings);
  return {status, out.str(), errors.str()};
}

}  // namespace skiff::cli
