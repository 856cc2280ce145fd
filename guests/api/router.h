#pragma once

#include <span>
#include <string_view>

#include "request.h"

namespace api {

/// Answers a request.
using Handler = void (*)(const Request& request);

/// A method and a pattern of segments, "{name}" being any one segment: "/v1/convert/{from}/{to}".
struct Route {
  std::string_view method;
  std::string_view pattern;
  Handler handler;
};

/// Calls the first route that fits. HEAD goes where GET goes, the host drops the body. A path that
/// only other methods have gets 405 and the list of them, one that none has 404, and OPTIONS the
/// list.
void route(std::span<const Route> routes, Request& request);

}  // namespace api
