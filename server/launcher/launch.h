#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skiff {

/// When guests' functions are compiled.
enum class Compilation {
  ahead,     ///< all of them, optimised, when a module is prepared: nothing is compiled later
  onDemand,  ///< each when it is called first, and better once it is called often: starts soonest
};

/// Becomes the engine's executable, which loads the addon and calls its main with `arguments`.
/// Clears the environment of what could change how the engine behaves. `addon`: the path of one, or
/// the name of one in ../lib/skiff beside the running executable, where the engine is too. Comes
/// back only to fail: the exit status, after a message on standard error.
int launchAddon(std::string_view addon, const std::vector<std::string>& arguments,
                Compilation compilation = Compilation::ahead);

}  // namespace skiff
