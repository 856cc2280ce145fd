#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skiff {

/// Becomes the engine's executable, which loads the addon and calls its main with `arguments`.
/// Clears the environment of what could change how the engine behaves. `addon`: the path of one, or
/// the name of one in ../lib/skiff beside the running executable, where the engine is too. Comes
/// back only to fail: the exit status, after a message on standard error.
int launchAddon(std::string_view addon, const std::vector<std::string>& arguments);

}  // namespace skiff
