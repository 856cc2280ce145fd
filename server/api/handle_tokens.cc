#include "server/api/handlers.h"
#include "server/api/json_io.h"
#include "server/api/reply.h"
#include "server/api/views.h"

namespace skiff::handlers {

namespace json = boost::json;

namespace {

constexpr std::size_t kLongestNote = 256;
constexpr std::int64_t kLongestLife = 10LL * 366 * 24 * 3600;

std::optional<Scope> scopeOf(const json::value* value) {
  if (!value || !value->is_string()) return std::nullopt;
  for (const Scope scope : {Scope::operator_, Scope::tenantAdmin, Scope::tenantRead}) {
    if (value->get_string() == views::scope(scope)) return scope;
  }
  return std::nullopt;
}

/// A string or nothing.
std::string textOf(const json::object& body, std::string_view key,
                   std::vector<KeyProblem>& errors) {
  const json::value* value = body.if_contains(key);
  if (!value || value->is_null()) return {};
  if (value->is_string()) return std::string(value->get_string());
  errors.push_back({std::string(key), "must be a string."});
  return {};
}

ApiResult<Operations::TokenRequest> readRequest(const ApiRequest& request) {
  const auto body = parseObject(request.body);
  if (body.has_error()) return body.error();
  Operations::TokenRequest wanted;
  std::vector<KeyProblem> errors;
  reportUnknownKeys(*body, "", {"scope", "tenant", "note", "expires_in_s"}, errors);
  if (const auto scope = scopeOf(body->if_contains("scope"))) {
    wanted.scope = *scope;
  } else {
    errors.push_back({"scope", "must be \"operator\", \"tenant-admin\" or \"tenant-read\"."});
  }
  wanted.tenant = textOf(*body, "tenant", errors);
  // A tenant's token is for its own tenant, if it does not say so.
  if (wanted.tenant.empty() && wanted.scope != Scope::operator_) {
    wanted.tenant = request.caller.tenant;
    if (wanted.tenant.empty()) errors.push_back({"tenant", "must be named for this scope."});
  }
  wanted.note = textOf(*body, "note", errors);
  if (wanted.note.size() > kLongestNote) {
    errors.push_back({"note", "must have at most 256 bytes."});
  }
  const json::value* life = body->if_contains("expires_in_s");
  if (life && !life->is_null()) {
    json::error_code error;
    const std::int64_t seconds = life->is_number() ? life->to_number<std::int64_t>(error) : 0;
    if (error || seconds < 1 || seconds > kLongestLife) {
      errors.push_back({"expires_in_s", "must be a whole number from 1 to " +
                                            std::to_string(kLongestLife) + ", or left out."});
    } else {
      wanted.expiresIn = std::chrono::seconds(seconds);
    }
  }
  if (!errors.empty()) return invalidProblem(std::move(errors));
  return wanted;
}

}  // namespace

Answer addToken(ApiContext& context, const ApiRequest& request) {
  const auto wanted = readRequest(request);
  if (wanted.has_error()) return wanted.error();
  const auto made = context.operations.createToken(request.caller, *wanted);
  if (made.has_error()) return made.error();
  json::object body = views::token(made->record);
  body["token"] = made->token;
  return jsonAnswer(201, body);
}

Answer listTokens(ApiContext& context, const ApiRequest& request) {
  const auto limit = queryLimit(request);
  if (limit.has_error()) return limit.error();
  const std::string after = queryValue(request, "after").value_or("");
  const auto records = context.operations.tokens(request.caller);
  if (records.has_error()) return records.error();
  json::array items;
  json::value next;
  bool isBehind = after.empty();
  for (const TokenRecord& record : *records) {
    if (!isBehind) {
      isBehind = record.id == after;
      continue;
    }
    if (items.size() == *limit) {
      next = items.back().at("id");
      break;
    }
    items.push_back(views::token(record));
  }
  return listAnswer(std::move(items), std::move(next));
}

Answer deleteToken(ApiContext& context, const ApiRequest& request) {
  const auto deleted = context.operations.deleteToken(request.caller, request.path.name);
  if (deleted.has_error()) return deleted.error();
  return emptyAnswer();
}

}  // namespace skiff::handlers
