#include "server/api/repeated_answers.h"

#include <spdlog/spdlog.h>

#include "deploy/digest.h"
#include "server/api/json_io.h"
#include "server/api/sealed_text.h"

namespace skiff {
namespace {

namespace json = boost::json;

std::string requestHash(const ApiRequest& request) {
  std::string all;
  for (const std::string* part :
       {&request.head.method, &request.head.target, &request.head.contentType, &request.body}) {
    all += std::to_string(part->size()) + ":" + *part;
  }
  return sha256Digest({reinterpret_cast<const std::uint8_t*>(all.data()), all.size()});
}

/// Known to who sent the request, and stored nowhere.
std::string sealingKey(const ApiRequest& request) {
  return "skiff repeated answer\n" + request.head.idempotencyKey + "\n" +
         request.head.authorization;
}

std::string packed(const ApiAnswer& answer) {
  json::object fields;
  for (const auto& [name, value] : answer.fields) fields[name] = value;
  return json::serialize(json::object{{"fields", std::move(fields)}, {"body", answer.body}});
}

}  // namespace

RepeatedAnswers::Attempt::~Attempt() {
  if (!answers_) return;
  const std::lock_guard lock(answers_->mutex_);
  answers_->running_.erase(key_);
}

ApiResult<RepeatedAnswers::Attempt> RepeatedAnswers::begin(const ApiRequest& request) {
  const std::pair key(request.caller.tokenId, request.head.idempotencyKey);
  const std::lock_guard lock(mutex_);
  if (!running_.insert(key).second) {
    return ApiProblem{ProblemCode::tooManyRequests,
                      "A request under this Idempotency-Key is being answered; try again then."};
  }
  return Attempt(this, key);
}

ApiResult<std::optional<ApiAnswer>> RepeatedAnswers::find(const ApiRequest& request) const {
  const auto kept = catalog_.remembered(request.caller.tokenId, request.head.idempotencyKey);
  if (kept.has_error()) return problemOf(kept.error());
  if (!*kept) return std::optional<ApiAnswer>();
  if ((*kept)->requestHash != requestHash(request)) {
    return invalidProblem("Idempotency-Key",
                          "was used for another request: take a new one for each.");
  }
  const auto text = unseal((*kept)->body, sealingKey(request));
  const json::value content = text ? parseOwn(*text) : json::value();
  if (!content.is_object()) {
    return ApiProblem{ProblemCode::internal,
                      "The answer that was given cannot be read any more: look what was done."};
  }
  ApiAnswer answer{.status = static_cast<unsigned>((*kept)->status),
                   .contentType = "application/json",
                   .body = std::string(content.at("body").as_string())};
  for (const auto& field : content.at("fields").as_object()) {
    answer.fields.emplace_back(field.key(), std::string(field.value().as_string()));
  }
  return std::optional<ApiAnswer>(std::move(answer));
}

void RepeatedAnswers::keep(const ApiRequest& request, const ApiAnswer& answer) {
  if (answer.status >= 300) return;
  const auto kept = catalog_.remember(request.caller.tokenId, request.head.idempotencyKey,
                                      {.requestHash = requestHash(request),
                                       .status = static_cast<int>(answer.status),
                                       .body = seal(packed(answer), sealingKey(request))});
  // What was asked for is done; only a repetition would be done again.
  if (kept.has_error()) spdlog::error("catalog: {}", kept.error().message);
}

}  // namespace skiff
