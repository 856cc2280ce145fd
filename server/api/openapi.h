#pragma once

#include <string_view>

namespace skiff {

/// openapi.json, as it is in this folder.
std::string_view openApiText();

}  // namespace skiff
