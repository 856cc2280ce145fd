#pragma once

// Internal to this folder and its tests: the API's routes as data, from which requests are
// dispatched and the OpenAPI document is checked.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "server/api/request.h"

namespace skiff {

/// The least scope that may call a route. A tenant's token may call it for its tenant alone.
enum class Access : std::uint8_t { operatorOnly, tenantAdmin, tenantRead };

enum class BodyKind : std::uint8_t {
  none,
  json,
  moduleOrJson,  ///< application/wasm, or application/json
};

enum class Streaming : std::uint8_t {
  never,
  ifAccepted,  ///< with `Accept: text/event-stream`
  always,
};

enum class Effort : std::uint8_t { quick, slow };

struct ApiRoute {
  std::string_view method;
  std::string_view path;  ///< "/v1/tenants/{tenant}"
  Access access = Access::tenantRead;
  ApiResult<ApiAnswer> (*handle)(ApiContext& context, const ApiRequest& request) = nullptr;
  /// Names in the OpenAPI document's components; empty: there is no body.
  std::string_view requestSchema;
  std::string_view answerSchema;
  BodyKind body = BodyKind::none;
  Streaming streaming = Streaming::never;
  Effort effort = Effort::quick;
};

std::span<const ApiRoute> apiRoutes();

/// Whether `path` (without its query) is one of the template; fills `names` then.
bool matchPath(std::string_view path, std::string_view templatePath, PathNames& names);

/// The methods of a path's routes, as in the Allow field: "GET, HEAD, PUT". Empty: there are none.
std::string allowedMethods(std::string_view path);

}  // namespace skiff
