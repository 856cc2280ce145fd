#pragma once

#include <string>
#include <vector>

#include "cli/exit_status.h"
#include "cli/session/session.h"

namespace skiff::cli {

/// `skiff` with these words (without the program's name): finds the command and runs it. Help and
/// usage errors go to the console's streams.
ExitStatus runSkiff(const std::vector<std::string>& words, Surroundings& surroundings);

}  // namespace skiff::cli
