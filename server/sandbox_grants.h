#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "sandbox/path_rules.h"

namespace skiff {

/// The paths that a daemon with this configuration needs while it serves, of those that are there.
/// Of a file, its folder: a file is replaced by another one of its name. Links are resolved. So
/// where a path that is granted lies, no links can be made: who makes one would have the next start
/// grant what it leads to.
std::vector<PathGrant> sandboxGrants(const Config& config);
/// Of these, what a reload takes over from the file.
std::vector<PathGrant> reloadGrants(const Config& config);
/// Those that guests of this app do.
std::vector<PathGrant> sandboxGrants(const AppConfig& app);

/// About a path of `wanted` that no grant covers, a sentence; nothing, if a daemon with these can
/// serve it. REQUIRES: both are from here.
std::optional<std::string> findOutside(const std::vector<PathGrant>& grants,
                                       const std::vector<PathGrant>& wanted);

}  // namespace skiff
