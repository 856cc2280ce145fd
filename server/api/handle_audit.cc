#include <limits>

#include "server/api/handlers.h"
#include "server/api/reply.h"
#include "server/api/views.h"

namespace skiff::handlers {

Answer listAudit(ApiContext& context, const ApiRequest& request) {
  const auto limit = queryLimit(request);
  if (limit.has_error()) return limit.error();
  auto before = queryNumber(request, "before", 1, std::numeric_limits<std::int64_t>::max(), 0);
  if (before.has_error()) return before.error();
  const std::string tenant = queryValue(request, "tenant").value_or(request.caller.tenant);
  if (!request.caller.maySee(tenant)) return notFoundProblem();
  Page page(*limit, "revision");
  while (true) {
    const auto records = context.operations.audit(tenant, *before, Page::kPiece);
    if (records.has_error()) return records.error();
    if (records->empty()) return page.answer();
    for (const AuditRecord& record : *records) {
      if (!page.add(views::audit(record))) return page.answer();
    }
    before = records->back().revision;
  }
}

}  // namespace skiff::handlers
