#pragma once

#include <optional>
#include <vector>

#include "config/config.h"
#include "sandbox/path_rules.h"

namespace skiff {

/// The paths that a daemon with this configuration needs while it serves. Of a file, its folder: a
/// file is replaced by another one of its name.
/// `library`: the folder of the engine's addons.
std::vector<PathGrant> sandboxGrants(const Config& config, const std::filesystem::path& library);

/// A path of `wanted` that no grant covers: nothing, if a daemon with these can serve it.
std::optional<PathGrant> findOutside(const std::vector<PathGrant>& grants,
                                     const std::vector<PathGrant>& wanted);

}  // namespace skiff
