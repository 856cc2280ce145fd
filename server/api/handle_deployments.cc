#include "server/api/handlers.h"
#include "server/api/json_io.h"
#include "server/api/reply.h"
#include "server/api/views.h"

namespace skiff::handlers {

namespace json = boost::json;

namespace {

Answer shown(ApiContext& context, const ApiRequest& request, const DeploymentRecord& record) {
  const auto app = context.operations.app(request.path.tenant, request.path.app);
  const std::string key = app.has_value() ? app->record.overrideKey : std::string();
  return taggedAnswer(200, views::deployment(record, key, request.caller), record.revision);
}

}  // namespace

Answer putDeployment(ApiContext& context, const ApiRequest& request) {
  const auto condition = readPrecondition(request.head);
  if (condition.has_error()) return condition.error();
  const auto record = context.operations.setDeployment(request.caller, request.path.tenant,
                                                       request.path.app, request.body, *condition);
  if (record.has_error()) return record.error();
  return shown(context, request, *record);
}

Answer getDeployment(ApiContext& context, const ApiRequest& request) {
  const auto record = context.operations.deployment(request.path.tenant, request.path.app);
  if (record.has_error()) return record.error();
  return shown(context, request, *record);
}

Answer listDeployments(ApiContext& context, const ApiRequest& request) {
  const auto limit = queryLimit(request);
  if (limit.has_error()) return limit.error();
  const auto records =
      context.operations.deployments(request.path.tenant, request.path.app, *limit);
  if (records.has_error()) return records.error();
  json::array items;
  for (const DeploymentRecord& record : *records) {
    items.push_back(views::deployment(record, {}, request.caller));
  }
  return listAnswer(std::move(items), nullptr);
}

Answer rollBack(ApiContext& context, const ApiRequest& request) {
  const auto body = parseObject(request.body);
  if (body.has_error()) return body.error();
  std::vector<KeyProblem> errors;
  for (const auto& entry : *body) errors.push_back({entry.key(), "is not known; send {}."});
  if (!errors.empty()) return invalidProblem(std::move(errors));
  const auto record =
      context.operations.rollback(request.caller, request.path.tenant, request.path.app);
  if (record.has_error()) return record.error();
  return shown(context, request, *record);
}

}  // namespace skiff::handlers
