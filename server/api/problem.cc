#include "server/api/problem.h"

#include <array>
#include <boost/json.hpp>

namespace skiff {
namespace {

namespace json = boost::json;

struct Kind {
  unsigned status;
  std::string_view word;
  std::string_view title;
};

/// In the order of ProblemCode.
constexpr std::array<Kind, 21> kKinds{{
    {400, "bad_request", "Bad Request"},
    {401, "unauthorized", "Unauthorized"},
    {403, "forbidden", "Forbidden"},
    {404, "not_found", "Not Found"},
    {405, "method_not_allowed", "Method Not Allowed"},
    {409, "read_only", "Conflict"},
    {409, "route_taken", "Conflict"},
    {409, "host_taken", "Conflict"},
    {409, "not_deployed", "Conflict"},
    {409, "nothing_to_roll_back", "Conflict"},
    {412, "precondition_failed", "Precondition Failed"},
    {413, "body_too_large", "Content Too Large"},
    {415, "unsupported_media_type", "Unsupported Media Type"},
    {422, "invalid", "Unprocessable Content"},
    {422, "module_refused", "Unprocessable Content"},
    {422, "signature_required", "Unprocessable Content"},
    {502, "pull_failed", "Bad Gateway"},
    {429, "too_many_requests", "Too Many Requests"},
    {503, "not_ready", "Service Unavailable"},
    {507, "storage_full", "Insufficient Storage"},
    {500, "internal", "Internal Server Error"},
}};

const Kind& kindOf(ProblemCode code) {
  return kKinds[static_cast<std::size_t>(code)];
}

}  // namespace

unsigned statusOf(ProblemCode code) {
  return kindOf(code).status;
}

std::string_view wordOf(ProblemCode code) {
  return kindOf(code).word;
}

std::string problemText(const ApiProblem& problem) {
  const Kind& kind = kindOf(problem.code);
  json::object body{{"type", "about:blank"},
                    {"title", kind.title},
                    {"status", kind.status},
                    {"code", kind.word},
                    {"detail", problem.detail}};
  if (!problem.reason.empty()) body["reason"] = problem.reason;
  if (problem.code == ProblemCode::invalid) {
    json::array errors;
    for (const KeyProblem& error : problem.errors) {
      errors.push_back(json::object{{"key", error.key}, {"message", error.message}});
    }
    body["errors"] = std::move(errors);
  }
  return json::serialize(body);
}

ApiAnswer problemAnswer(const ApiProblem& problem) {
  ApiAnswer answer{.status = statusOf(problem.code),
                   .contentType = "application/problem+json",
                   .body = problemText(problem) + "\n"};
  if (problem.code == ProblemCode::unauthorized) {
    answer.fields.emplace_back("WWW-Authenticate", "Bearer realm=\"skiff\"");
  }
  if (problem.code == ProblemCode::tooManyRequests || problem.code == ProblemCode::notReady) {
    answer.fields.emplace_back("Retry-After", "1");
  }
  return answer;
}

ApiProblem notFoundProblem() {
  return {ProblemCode::notFound,
          "There is no such thing, or it is another tenant's: check the path and the token."};
}

}  // namespace skiff
