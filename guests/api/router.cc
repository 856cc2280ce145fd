#include "router.h"

#include "http_field.h"
#include "response.h"

namespace api {
namespace {

/// Takes the text up to the next "/" off the front; `rest` begins with "/".
std::string_view takeSegment(std::string_view& rest) {
  rest.remove_prefix(1);
  const std::string_view segment = rest.substr(0, rest.find('/'));
  rest.remove_prefix(segment.size());
  return segment;
}

bool fits(std::string_view pattern, std::string_view path, std::vector<std::string>& parameters) {
  parameters.clear();
  while (!pattern.empty() && !path.empty() && path.front() == '/') {
    const std::string_view wanted = takeSegment(pattern);
    const std::string_view segment = takeSegment(path);
    if (wanted.starts_with('{')) {
      parameters.emplace_back();
      if (segment.empty() || !decodeSegment(segment, parameters.back())) return false;
    } else if (wanted != segment) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

/// Adds a method, and what it implies, to the value of Allow.
void allow(std::string& methods, std::string_view method) {
  if (!methods.empty()) methods += ", ";
  methods += method;
  if (method == "GET") methods += ", HEAD";
}

}  // namespace

void route(std::span<const Route> routes, Request& request) {
  const std::string_view method =
      request.method == "HEAD" ? "GET" : std::string_view(request.method);
  std::string methods;
  for (const Route& candidate : routes) {
    if (!fits(candidate.pattern, request.path, request.parameters)) continue;
    if (candidate.method == method) {
      candidate.handler(request);
      return;
    }
    allow(methods, candidate.method);
  }
  if (methods.empty()) {
    answerProblem(404, "Not Found", "there is nothing at this path; see GET /");
    return;
  }
  http_response_field("allow", (methods + ", OPTIONS").c_str());
  if (method == "OPTIONS") {
    http_set_status_code(204);
  } else {
    answerProblem(405, "Method Not Allowed", "this path has " + methods);
  }
}

}  // namespace api
