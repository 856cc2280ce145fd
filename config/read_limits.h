#pragma once

#include "config/config.h"
#include "config/toml_reader.h"

namespace skiff {

/// Reads a table of limits. What it does not set is as in `inherited`.
Limits readLimits(TableReader table, const Limits& inherited);

}  // namespace skiff
