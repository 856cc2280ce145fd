#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/admin/admin_hooks.h"

namespace skiff {

struct AdminRequest {
  std::string_view method;  ///< "GET"
  std::string_view target;  ///< as the client sent it, query included
  std::string_view host;    ///< the Host field; empty if there is none
};

struct AdminAnswer {
  unsigned status = 200;
  std::string_view contentType;
  std::string_view allow;  ///< for the Allow field; empty: none
  std::string body;
  std::vector<std::pair<std::string, std::string>> fields = {};  ///< further ones
};

/// Answers a request of an operator or of a monitoring system:
///  - GET /metrics: Prometheus' text format;
///  - GET /healthz: 200 as long as the process answers, with `status`, `version` and `engine`;
///  - GET /readyz: 200 if everything is ready to serve, else 503 with `not_ready`, a list;
///  - GET /openapi.json: what the API under /v1 takes and answers (OpenAPI 3.1).
/// HEAD is answered like GET; leaving the body out is the caller's part. Anything else is an
/// `application/problem+json` (RFC 9457). A Host that is neither a literal address nor "localhost"
/// gets 421 (RFC 9110, 15.5.20): so no web page can reach this listener through a name of its own
/// that it makes the browser resolve to a loopback address.
AdminAnswer answerAdminRequest(const AdminHooks& hooks, const AdminRequest& request);

/// The refusal of a Host that is not this listener's; status 0 if it is.
AdminAnswer refuseForeignHost(std::string_view host);

/// An `application/problem+json` answer: `title` names the kind, `detail` says what to do.
AdminAnswer adminProblem(unsigned status, std::string_view title, std::string_view detail);

}  // namespace skiff
