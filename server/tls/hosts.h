#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skiff {

/// Whether `host`, in lower case and without a port, is one of `hosts` or falls under a "*" of
/// them. REQUIRES: `hosts` are as parseHostPattern() gives them, sorted.
bool coversHost(const std::vector<std::string>& hosts, std::string_view host);

}  // namespace skiff
