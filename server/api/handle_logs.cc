#include "server/api/handlers.h"

namespace skiff::handlers {

Answer getLogs(ApiContext& context, const ApiRequest& request) {
  const auto follow = queryNumber(request, "follow", 0, 1, 0);
  if (follow.has_error()) return follow.error();
  const auto there = context.operations.requireApp(request.path.tenant, request.path.app);
  if (there.has_error()) return there.error();
  EventStream* events = request.events.get();
  events->start();
  // It goes before the stream does, so what it calls is there for as long as it calls.
  std::shared_ptr<AppRuntime::LogSubscription> subscription =
      context.operations.followLog(request.path.tenant, request.path.app,
                                   [events](std::string_view line) { events->send({}, line); });
  if (*follow == 1) {
    events->hold(std::move(subscription));
  } else {
    subscription.reset();
    events->finish();
  }
  return ApiAnswer{};
}

}  // namespace skiff::handlers
