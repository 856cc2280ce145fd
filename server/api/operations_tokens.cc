#include <algorithm>
#include <chrono>
#include <cstddef>

#include "server/api/json_io.h"
#include "server/api/operations.h"
#include "server/api/tokens.h"

namespace skiff {
namespace {

constexpr std::ptrdiff_t kMostTokens = 1'000;  // of one tenant, and of operators

UnixMilliseconds now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

ApiResult<Operations::NewToken> Operations::createToken(const Caller& caller,
                                                        const TokenRequest& request) {
  if (request.scope == Scope::operator_) {
    if (!caller.isOperator()) {
      return ApiProblem{ProblemCode::forbidden, "Only an operator may make an operator's token."};
    }
    if (!request.tenant.empty()) {
      return invalidProblem("tenant", "must be left out: an operator's token is of no tenant.");
    }
  } else {
    if (!caller.maySee(request.tenant)) return notFoundProblem();
    if (auto writable = requireWritable(request.tenant); writable.has_error()) {
      return writable.error();
    }
    const auto owner = parts_.catalog.tenant(request.tenant);
    if (owner.has_error()) return problemOf(owner.error());
  }
  const auto held = locks_.hold(request.tenant);
  const auto there = parts_.catalog.tokens(request.tenant);
  if (there.has_error()) return problemOf(there.error());
  const auto ofTenant = std::count_if(there->begin(), there->end(), [&](const TokenRecord& one) {
    return one.tenant == request.tenant;
  });
  if (ofTenant >= kMostTokens) {
    return invalidProblem("tenant", "has 1000 tokens already: delete some.");
  }
  TokenRecord record{.id = makeTokenId(),
                     .scope = request.scope,
                     .tenant = request.tenant,
                     .note = request.note,
                     .parent = caller.tokenId};
  if (request.expiresIn.count() != 0) {
    record.expires =
        now() + std::chrono::duration_cast<std::chrono::milliseconds>(request.expiresIn).count();
  }
  const std::string token = makeToken();
  auto added = parts_.catalog.addToken(caller.actor, std::move(record), hashToken(token));
  if (added.has_error()) return problemOf(added.error());
  return NewToken{*std::move(added), token};
}

ApiResult<void> Operations::deleteToken(const Caller& caller, const std::string& id) {
  const auto record = parts_.catalog.token(id);
  if (record.has_error()) return problemOf(record.error());
  if (!caller.maySee(record->tenant)) return notFoundProblem();
  const auto deleted = parts_.catalog.deleteToken(caller.actor, id);
  if (deleted.has_error()) return problemOf(deleted.error());
  return {};
}

ApiResult<std::vector<TokenRecord>> Operations::tokens(const Caller& caller) const {
  auto records = parts_.catalog.tokens(caller.tenant);
  if (records.has_error()) return problemOf(records.error());
  return *std::move(records);
}

}  // namespace skiff
