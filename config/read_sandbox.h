#pragma once

#include "config/config.h"
#include "config/path_base.h"
#include "config/toml_reader.h"

namespace skiff {

/// Reads [sandbox].
SandboxConfig readSandbox(TableReader table, const PathBase& paths);

}  // namespace skiff
