// A JSON API: units, text statistics, shipping quotes. Stateless: what it answers follows from the
// request alone. Errors are RFC 9457 problems.
#include "handlers.h"
#include "http_handler.h"
#include "response.h"
#include "router.h"

namespace api {
namespace {

void listPaths(const Request& request);

constexpr Route kRoutes[] = {
    {"GET", "/", listPaths},
    {"GET", "/v1/units", listUnits},
    {"GET", "/v1/convert/{from}/{to}", convert},
    {"POST", "/v1/text", measureText},
    {"POST", "/v1/quotes", quoteShipping},
};

void listPaths(const Request&) {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.StartArray();
  for (const Route& route : kRoutes) {
    writeText(json, std::string(route.method) + " " + std::string(route.pattern));
  }
  json.EndArray();
  answer(buffer);
}

void handle() {
  Request request;
  if (readRequest(request)) {
    route(kRoutes, request);
  } else {
    answerProblem(414, "URI Too Long", "the target may have 2048 bytes");
  }
}

}  // namespace
}  // namespace api

HTTP_HANDLE_REQUEST {
  api::handle();
  return HTTP_DONE;
}

HTTP_HANDLE_RESPONSE(, ) {}  // nothing goes on to an origin
