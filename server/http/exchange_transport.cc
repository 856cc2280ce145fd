#include "server/http/exchange_transport.h"

#include <spdlog/spdlog.h>

namespace skiff {

void ExchangeTransport::abandonFailed(const std::exception& error) {
  spdlog::error("request {} failed: {}", requestId(), error.what());
  abandon(Reason::overloaded, 500, "the server failed to handle this request");
}

}  // namespace skiff
