#pragma once

#include "config/config.h"
#include "config/toml_reader.h"

namespace skiff {

/// Reads [deploy].
DeployConfig readDeploy(TableReader table);

}  // namespace skiff
