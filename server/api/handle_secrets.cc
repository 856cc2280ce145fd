#include "server/api/handlers.h"
#include "server/api/json_io.h"
#include "server/api/reply.h"

namespace skiff::handlers {

Answer putSecret(ApiContext& context, const ApiRequest& request) {
  const auto body = parseObject(request.body);
  if (body.has_error()) return body.error();
  std::vector<KeyProblem> errors;
  reportUnknownKeys(*body, "", {"value"}, errors);
  const boost::json::value* value = body->if_contains("value");
  if (!value || !value->is_string()) errors.push_back({"value", "must be a string."});
  if (!errors.empty()) return invalidProblem(std::move(errors));
  const auto put =
      context.operations.putSecret(request.caller, request.path.tenant, request.path.app,
                                   request.path.name, std::string(value->get_string()));
  if (put.has_error()) return put.error();
  return emptyAnswer();
}

Answer deleteSecret(ApiContext& context, const ApiRequest& request) {
  const auto deleted = context.operations.deleteSecret(request.caller, request.path.tenant,
                                                       request.path.app, request.path.name);
  if (deleted.has_error()) return deleted.error();
  return emptyAnswer();
}

}  // namespace skiff::handlers
