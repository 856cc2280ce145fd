#pragma once

#include "config/config.h"
#include "config/path_base.h"
#include "config/toml_reader.h"

namespace skiff {

/// Reads every [registry."HOST"].
OciConfig readRegistries(TableReader& root, const PathBase& paths);

}  // namespace skiff
