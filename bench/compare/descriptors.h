#pragma once

#include <cstddef>

namespace skiff::bench {

/// Lets this process, and the servers and loads that it starts from now on, have as many open files
/// as the system allows, up to 65,536: some programs make tables as long as their limit. Returns
/// how many that is.
std::size_t raiseDescriptorLimit();

}  // namespace skiff::bench
