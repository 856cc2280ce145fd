#include "server/api/handlers.h"
#include "server/api/reply.h"
#include "server/api/views.h"

namespace skiff::handlers {

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
  std::string after = queryValue(request, "after").value_or("");
  Page page(*limit, "name");
  while (true) {
    const auto apps = context.operations.apps(request.path.tenant, after, Page::kPiece);
    if (apps.has_error()) return apps.error();
    if (apps->empty()) return page.answer();
    for (const AppView& view : *apps) {
      if (!page.add(views::app(view, request.caller))) return page.answer();
    }
    after = apps->back().record.name;
  }
}

}  // namespace skiff::handlers
