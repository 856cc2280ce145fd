#include "server/api/handlers.h"
#include "server/api/reply.h"
#include "server/api/views.h"

namespace skiff::handlers {

namespace json = boost::json;

Answer putApp(ApiContext& context, const ApiRequest& request) {
  const auto condition = readPrecondition(request.head);
  if (condition.has_error()) return condition.error();
  const auto put = context.operations.putApp(request.caller, request.path.tenant, request.path.app,
                                             request.body, *condition);
  if (put.has_error()) return put.error();
  return taggedAnswer(put->created ? 201 : 200, views::app(put->record, request.caller),
                      put->record.record.revision);
}

Answer getApp(ApiContext& context, const ApiRequest& request) {
  const auto view = context.operations.app(request.path.tenant, request.path.app);
  if (view.has_error()) return view.error();
  return taggedAnswer(200, views::app(*view, request.caller), view->record.revision);
}

Answer deleteApp(ApiContext& context, const ApiRequest& request) {
  const auto condition = readPrecondition(request.head);
  if (condition.has_error()) return condition.error();
  const auto deleted = context.operations.deleteApp(request.caller, request.path.tenant,
                                                    request.path.app, *condition);
  if (deleted.has_error()) return deleted.error();
  return emptyAnswer();
}

Answer listApps(ApiContext& context, const ApiRequest& request) {
  const auto limit = queryLimit(request);
  if (limit.has_error()) return limit.error();
  const auto apps = context.operations.apps(request.path.tenant,
                                            queryValue(request, "after").value_or(""), *limit + 1);
  if (apps.has_error()) return apps.error();
  json::array items;
  json::value next;
  for (const AppView& view : *apps) {
    if (items.size() == *limit) {
      next = items.back().at("name");
      break;
    }
    items.push_back(views::app(view, request.caller));
  }
  return listAnswer(std::move(items), std::move(next));
}

}  // namespace skiff::handlers
