#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "server/api/answer.h"

namespace skiff {

/// The fixed words of refusals; each has one status.
enum class ProblemCode : std::uint8_t {
  badRequest,
  unauthorized,
  forbidden,
  notFound,
  methodNotAllowed,
  readOnly,
  routeTaken,
  hostTaken,
  notDeployed,
  nothingToRollBack,
  preconditionFailed,
  bodyTooLarge,
  unsupportedMediaType,
  invalid,
  moduleRefused,
  signatureRequired,
  pullFailed,
  tooManyRequests,
  notReady,
  storageFull,
  internal,
};

/// What is wrong with one key of a document ("limits.cpu_ms").
struct KeyProblem {
  std::string key;
  std::string message;  ///< one sentence
};

/// Why a request was not done. `detail` says what to do, in one or two sentences; it names nothing
/// that the caller may not know.
struct ApiProblem {
  ProblemCode code = ProblemCode::internal;
  std::string detail;
  std::vector<KeyProblem> errors = {};  ///< for `invalid`
  std::string reason = {};              ///< for `pullFailed`: the puller's fixed word
};

template <class T>
using ApiResult = Result<T, ApiProblem>;

unsigned statusOf(ProblemCode code);
/// "not_found"
std::string_view wordOf(ProblemCode code);

/// The problem as application/problem+json (RFC 9457), with `code` and, where there are any,
/// `errors` and `reason`. 401 brings its challenge, what may be repeated its Retry-After.
ApiAnswer problemAnswer(const ApiProblem& problem);
/// Its body alone, as it stands in an event of a stream.
std::string problemText(const ApiProblem& problem);

/// What a tenant's token is told of whatever is not its own, and anybody of what is not there.
ApiProblem notFoundProblem();

}  // namespace skiff
