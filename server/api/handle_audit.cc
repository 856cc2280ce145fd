#include <limits>

#include "server/api/handlers.h"
#include "server/api/reply.h"
#include "server/api/views.h"

namespace skiff::handlers {

namespace json = boost::json;

Answer listAudit(ApiContext& context, const ApiRequest& request) {
  const auto limit = queryLimit(request);
  if (limit.has_error()) return limit.error();
  const auto before =
      queryNumber(request, "before", 1, std::numeric_limits<std::int64_t>::max(), 0);
  if (before.has_error()) return before.error();
  const std::string tenant = queryValue(request, "tenant").value_or(request.caller.tenant);
  if (!request.caller.maySee(tenant)) return notFoundProblem();
  const auto records = context.operations.audit(tenant, *before, *limit);
  if (records.has_error()) return records.error();
  json::array items;
  for (const AuditRecord& record : *records) items.push_back(views::audit(record));
  json::value next;
  if (items.size() == *limit) next = records->back().revision;
  return listAnswer(std::move(items), std::move(next));
}

}  // namespace skiff::handlers
