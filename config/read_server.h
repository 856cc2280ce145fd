#pragma once

#include "config/config.h"
#include "config/path_base.h"
#include "config/toml_reader.h"

namespace skiff {

/// Reads [server] and [admin], and checks that no two listeners have one address.
void readListeners(TableReader& root, const PathBase& paths, ServerConfig& server,
                   AdminConfig& admin);

}  // namespace skiff
