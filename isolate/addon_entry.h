#pragma once

#include <string>
#include <vector>

namespace skiff {

class Engine;

/// The program that an addon is: defined once by each addon, called by its entry on the engine
/// executable's main thread. `arguments[0]` is the addon's path. The exit status.
int addonMain(Engine& engine, const std::vector<std::string>& arguments);

}  // namespace skiff
