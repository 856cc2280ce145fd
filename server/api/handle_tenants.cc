#include "server/api/handlers.h"
#include "server/api/reply.h"
#include "server/api/views.h"

namespace skiff::handlers {

namespace json = boost::json;

Answer putTenant(ApiContext& context, const ApiRequest& request) {
  const auto condition = readPrecondition(request.head);
  if (condition.has_error()) return condition.error();
  const auto put =
      context.operations.putTenant(request.caller, request.path.tenant, request.body, *condition);
  if (put.has_error()) return put.error();
  return taggedAnswer(put->created ? 201 : 200, views::tenant(put->record),
                      put->record.record.revision);
}

Answer getTenant(ApiContext& context, const ApiRequest& request) {
  const auto view = context.operations.tenant(request.path.tenant);
  if (view.has_error()) return view.error();
  return taggedAnswer(200, views::tenant(*view), view->record.revision);
}

Answer deleteTenant(ApiContext& context, const ApiRequest& request) {
  const auto condition = readPrecondition(request.head);
  if (condition.has_error()) return condition.error();
  const auto deleted =
      context.operations.deleteTenant(request.caller, request.path.tenant, *condition);
  if (deleted.has_error()) return deleted.error();
  return emptyAnswer();
}

Answer listTenants(ApiContext& context, const ApiRequest& request) {
  const auto limit = queryLimit(request);
  if (limit.has_error()) return limit.error();
  std::string after = queryValue(request, "after").value_or("");
  if (!request.caller.isOperator()) {
    json::array own;
    const auto view = context.operations.tenant(request.caller.tenant);
    if (view.has_error()) return view.error();
    if (view->record.name > after) own.push_back(views::tenant(*view));
    return listAnswer(std::move(own), nullptr);
  }
  Page page(*limit, "name");
  while (true) {
    const auto tenants = context.operations.tenants(after, Page::kPiece);
    if (tenants.has_error()) return tenants.error();
    if (tenants->empty()) return page.answer();
    for (const TenantView& view : *tenants) {
      if (!page.add(views::tenant(view))) return page.answer();
    }
    after = tenants->back().record.name;
  }
}

}  // namespace skiff::handlers
