#pragma once

#include <span>
#include <string>
#include <string_view>

#include "isolate/host_function.h"

namespace skiff::wasm {

/// What the author of a module can do about a function import that skiff does not have: the nearest
/// name that there is, or what the import tells about how the module was built.
std::string adviseUnknownImport(std::string_view module, std::string_view name,
                                std::span<const HostModule> modules);

}  // namespace skiff::wasm
