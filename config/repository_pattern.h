#pragma once

#include <string>
#include <string_view>

#include "config/result.h"

namespace skiff {

/// Which repositories are meant: "host/path" is that one, "host/path/*" all below it, "host/*" all
/// of the registry. The registry comes back as parseRegistryName() writes it. Errors are a reason
/// only.
Result<std::string> parseRepositoryPattern(std::string_view text);

/// Whether the pattern, of parseRepositoryPattern(), means the repository of the registry.
bool coversRepository(std::string_view pattern, std::string_view registry,
                      std::string_view repository);

}  // namespace skiff
