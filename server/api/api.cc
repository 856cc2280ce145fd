#include "server/api/api.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>

#include "server/api/openapi.h"
#include "server/api/problem.h"
#include "server/api/repeated_answers.h"
#include "server/api/request.h"
#include "server/api/route_table.h"
#include "server/api/tokens.h"

namespace skiff {
namespace {

constexpr std::size_t kLargestJson = std::size_t{256} << 10;
constexpr std::size_t kLargestModule = std::size_t{64} << 20;
constexpr std::size_t kLongestToken = 256;
constexpr std::size_t kLongestKey = 255;

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return result;
}

/// "application/json" of "Application/JSON; charset=utf-8".
std::string mediaType(std::string_view field) {
  std::string_view type = field.substr(0, field.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  return lower(type);
}

bool acceptsEvents(std::string_view accept) {
  return lower(accept).find("text/event-stream") != std::string::npos;
}

ApiProblem unauthorizedProblem() {
  return {ProblemCode::unauthorized,
          "Send a token that holds: Authorization: Bearer TOKEN. The first operator's is in "
          "data_dir/operator.token."};
}

bool maySee(const ApiRoute& route, const Caller& caller) {
  switch (route.access) {
    case Access::operatorOnly:
      return caller.isOperator();
    case Access::tenantAdmin:
      return caller.scope != Scope::tenantRead;
    case Access::tenantRead:
      return true;
  }
  return false;
}

ApiProblem handingOverProblem() {
  return {
      ProblemCode::notReady,
      "The daemon is being replaced by a new one, so nothing is changed at the moment. Try again "
      "in a second."};
}

bool isVisibleText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

/// The largest body that the request may have.
ApiResult<std::size_t> bodyLimit(const ApiRoute& route, ApiHead& head) {
  if (!head.hasBody) return std::size_t{0};
  const std::string type = mediaType(head.contentType);
  std::size_t limit = 0;
  if (route.body == BodyKind::none) {
    return ApiProblem{ProblemCode::bodyTooLarge, "This takes no body: send none."};
  }
  if (type == "application/json") {
    limit = kLargestJson;
  } else if (type == "application/wasm" && route.body == BodyKind::moduleOrJson) {
    limit = kLargestModule;
  } else {
    return ApiProblem{ProblemCode::unsupportedMediaType,
                      route.body == BodyKind::moduleOrJson
                          ? "Send application/wasm, or application/json."
                          : "Send application/json."};
  }
  head.contentType = type;
  if (head.contentLength && *head.contentLength > limit) {
    return ApiProblem{ProblemCode::bodyTooLarge,
                      "A body of this type may have at most " + std::to_string(limit) + " bytes."};
  }
  return limit;
}

/// Whose token it is, if it holds.
ApiResult<Caller> authenticate(Catalog& catalog, std::string_view authorization,
                               std::string_view clientName) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() <= kScheme.size() || authorization.size() > kLongestToken ||
      lower(authorization.substr(0, kScheme.size())) != kScheme) {
    return unauthorizedProblem();
  }
  std::string_view token = authorization.substr(kScheme.size());
  while (token.starts_with(' ')) token.remove_prefix(1);
  // By its hash: how long the search takes says nothing about a token.
  const auto record = catalog.findToken(hashToken(token));
  if (record.has_error()) {
    if (record.error().kind == CatalogError::Kind::notFound) return unauthorizedProblem();
    return problemOf(record.error());
  }
  std::string actor = "token " + record->id;
  if (!clientName.empty()) actor += ", certificate " + std::string(clientName);
  return Caller{.actor = std::move(actor),
                .scope = record->scope,
                .tenant = record->tenant,
                .tokenId = record->id};
}

}  // namespace

struct Api::State {
  State(Operations& operations, Info info)
      : context{operations, std::move(info)}, answers(operations.catalog()) {}

  std::variant<ApiAnswer, std::unique_ptr<ApiCall>> open(ApiHead head);

  ApiContext context;
  RepeatedAnswers answers;
};

namespace {

class Call final : public ApiCall {
 public:
  Call(ApiContext& context, RepeatedAnswers& answers, const ApiRoute& route, ApiRequest request,
       std::size_t maxBody)
      : context_(context),
        answers_(answers),
        route_(route),
        request_(std::move(request)),
        maxBody_(maxBody) {}

  std::size_t maxBody() const override { return maxBody_; }
  bool streams() const override {
    return route_.streaming == Streaming::always ||
           (route_.streaming == Streaming::ifAccepted && acceptsEvents(request_.head.accept));
  }
  bool isSlow() const override { return route_.effort == Effort::slow; }
  const std::string& owner() const override { return request_.caller.tenant; }
  std::function<void(EventStream&)> supervision() const override {
    return [&operations = context_.operations, authorization = request_.head.authorization,
            path = request_.path](EventStream& events) {
      if (const auto problem = problemWith(operations, authorization, path)) {
        tellProblem(events, problemAnswer(*problem));
      }
    };
  }

  ApiAnswer run(std::string body, std::shared_ptr<EventStream> events) override {
    request_.body = std::move(body);
    request_.events = events;
    ApiAnswer answer = answerSafely();
    if (events && route_.streaming == Streaming::ifAccepted) tellResult(*events, answer);
    return answer;
  }

 private:
  ApiAnswer answerSafely() {
    try {
      const bool changes = route_.method != "GET";
      const auto pass =
          changes ? context_.operations.changes().enter() : std::optional<ChangeGate::Pass>();
      if (changes && !pass) return problemAnswer(handingOverProblem());
      const auto answer =
          request_.head.idempotencyKey.empty() ? route_.handle(context_, request_) : answerOnce();
      return answer.has_error() ? problemAnswer(answer.error()) : *answer;
    } catch (const std::exception& error) {
      spdlog::error("{} {}: {}", route_.method, route_.path, error.what());
      return problemAnswer({ProblemCode::internal, "The daemon failed; see the operator's log."});
    }
  }

  ApiResult<ApiAnswer> answerOnce() {
    const auto attempt = answers_.begin(request_);
    if (attempt.has_error()) return attempt.error();
    auto given = answers_.find(request_);
    if (given.has_error()) return given.error();
    if (*given) {
      if (request_.events) request_.events->start();
      return **std::move(given);
    }
    auto answer = route_.handle(context_, request_);
    if (answer.has_value()) answers_.keep(request_, *answer);
    return answer;
  }

  /// Why nothing more is to be told of what is under way; nothing if it may go on.
  static std::optional<ApiProblem> problemWith(Operations& operations,
                                               const std::string& authorization,
                                               const PathNames& path) {
    try {
      const auto caller = authenticate(operations.catalog(), authorization, {});
      if (caller.has_error()) return caller.error();
      const auto there = operations.requireApp(path.tenant, path.app);
      if (there.has_error()) return there.error();
      return std::nullopt;
    } catch (const std::exception& error) {
      spdlog::error("API: {}", error.what());
      return ApiProblem{ProblemCode::internal, "The daemon failed; see the operator's log."};
    }
  }

  static std::string lineOf(const ApiAnswer& answer) {
    std::string line = answer.body;
    while (line.ends_with('\n')) line.pop_back();
    return line;
  }
  static void tellProblem(EventStream& events, const ApiAnswer& problem) {
    events.finish("error", lineOf(problem));
  }
  static void tellResult(EventStream& events, const ApiAnswer& answer) {
    if (answer.status >= 400) return tellProblem(events, answer);
    events.finish("result", "{\"status\":" + std::to_string(answer.status) +
                                ",\"body\":" + lineOf(answer) + "}");
  }

  ApiContext& context_;
  RepeatedAnswers& answers_;
  const ApiRoute& route_;
  ApiRequest request_;
  const std::size_t maxBody_;
};

}  // namespace

Api::Api(Operations& operations, Info info)
    : state_(std::make_unique<State>(operations, std::move(info))) {}

Api::~Api() = default;

std::variant<ApiAnswer, std::unique_ptr<ApiCall>> Api::open(ApiHead head) {
  try {
    return state_->open(std::move(head));
  } catch (const std::exception& error) {
    spdlog::error("API: {}", error.what());
    return problemAnswer({ProblemCode::internal, "The daemon failed; see the operator's log."});
  }
}

std::variant<ApiAnswer, std::unique_ptr<ApiCall>> Api::State::open(ApiHead head) {
  auto caller = authenticate(context.operations.catalog(), head.authorization, head.clientName);
  if (caller.has_error()) return problemAnswer(caller.error());
  const std::string path = head.target.substr(0, head.target.find('?'));
  const ApiRoute* found = nullptr;
  PathNames names;
  bool isPath = false;
  for (const ApiRoute& route : apiRoutes()) {
    PathNames matched;
    if (!matchPath(path, route.path, matched)) continue;
    isPath = true;
    names = std::move(matched);
    if (route.method == head.method) found = &route;
    if (found) break;
  }
  // Another tenant's is not there, whatever is asked of it.
  if (!isPath || (!names.tenant.empty() && !caller->maySee(names.tenant))) {
    return problemAnswer(notFoundProblem());
  }
  if (!found) {
    const std::string allowed = allowedMethods(path);
    ApiAnswer answer =
        problemAnswer({ProblemCode::methodNotAllowed, "Use one of " + allowed + "."});
    answer.fields.emplace_back("Allow", allowed);
    return answer;
  }
  if (!maySee(*found, *caller)) {
    return problemAnswer(
        {ProblemCode::forbidden, found->access == Access::operatorOnly
                                     ? "Only an operator's token may do this."
                                     : "This token may only read: use one of tenant-admin."});
  }
  const auto limit = bodyLimit(*found, head);
  if (limit.has_error()) return problemAnswer(limit.error());
  if (found->method != "POST") head.idempotencyKey.clear();
  if (head.idempotencyKey.size() > kLongestKey || !isVisibleText(head.idempotencyKey)) {
    return problemAnswer(
        {ProblemCode::badRequest, "Idempotency-Key must have 1 to 255 visible ASCII characters."});
  }
  return std::make_unique<Call>(context, answers, *found,
                                ApiRequest{.head = std::move(head),
                                           .caller = *std::move(caller),
                                           .path = std::move(names),
                                           .body = {},
                                           .events = {}},
                                *limit);
}

void Api::cancel() {
  state_->context.operations.cancel();
}

std::string_view Api::openApiDocument() {
  return openApiText();
}

}  // namespace skiff
