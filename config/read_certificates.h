#pragma once

#include <vector>

#include "config/config.h"
#include "config/path_base.h"
#include "config/toml_reader.h"

namespace skiff {

/// The tables `[[certificate]]` of `root`, in the order of the file. The files that they name are
/// not opened.
std::vector<CertificateConfig> readCertificates(TableReader& root, const PathBase& paths);

}  // namespace skiff
