#pragma once

#include <string_view>

namespace skiff {

/// openapi.json, as it is in this folder.
extern const std::string_view kOpenApiDocument;

}  // namespace skiff
