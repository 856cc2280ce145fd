#include "isolate/abi/http_handler_abi.h"

#include <string>
#include <utility>

#include "isolate/abi/http_handler_state.h"

namespace skiff {
namespace {

using http_handler::HandlerState;
using http_handler::Phase;

constexpr EntryPoint kEntryPoints[] = {
    {"handle_request", "", 'I', true, true},
    {"handle_response", "ii", 0, true, false},
};

Step finished() {
  return {.kind = Step::Kind::finish};
}

Step failed(Reason reason, std::string_view detail) {
  return {.kind = Step::Kind::finish, .reason = reason, .detail = detail};
}

void warn(HostContext& context, std::string_view text) {
  if (GuestLog* log = context.settings().log) {
    log->write(LogLevel::warn, context.exchange()->requestId(), text);
  }
}

/// What the origin is to get, out of what the guest has done with the request.
NextRequest nextRequestOf(HostContext& context, HandlerState& state) {
  NextRequest request;
  request.bufferResponse = (context.features() & http_handler::kBufferResponse) != 0;
  if (state.requestReplacement) {
    request.body = std::move(*state.requestReplacement);
    request.streamRest = false;
    // It was the client's body's; the new one's is told from the body.
    context.exchange()->request().headers.remove("content-length");
    return request;
  }
  if (state.requestLost) {
    warn(context,
         "read_body took bytes of the request that the origin will not see: call "
         "enable_features(1), "
         "buffer_request, before reading");
  }
  request.body = std::move(state.requestCopy);
  request.streamRest = !state.requestEnded;
  return request;
}

}  // namespace

std::span<const EntryPoint> HttpHandlerAbi::entryPoints() const {
  return kEntryPoints;
}

Step HttpHandlerAbi::begin(HostContext&) const {
  return {.kind = Step::Kind::call, .entry = kHandleRequest};
}

Step HttpHandlerAbi::returned(HostContext& context, std::uint8_t entry, std::int64_t result) const {
  return entry == kHandleRequest ? requestHandled(context, result) : responseHandled(context);
}

Step HttpHandlerAbi::requestHandled(HostContext& context, std::int64_t result) const {
  Exchange& exchange = *context.exchange();
  // ctx_next, folded: its context word, and the lowest bit for "next" (see EntryAbi::returned).
  const bool next = (result & 1) != 0;
  if (!next) {
    exchange.finish();
    return finished();
  }
  auto& state = context.state<HandlerState>();
  state.contextWord = static_cast<std::uint32_t>(result >> 1);
  if (!context.settings().hasOrigin) {
    return failed(
        Reason::originError,
        "handle_request asked for the next handler, and the app has none: set `origin` in "
        "its configuration, or answer the request and return 0");
  }
  if (state.responseWritten && !exchange.discardResponseBody()) {
    return failed(Reason::badResponse,
                  "handle_request sent a response and then asked for the next handler");
  }
  exchange.startNext(nextRequestOf(context, state));
  return ready(context);
}

Step HttpHandlerAbi::ready(HostContext& context) const {
  Exchange& exchange = *context.exchange();
  const NextState next = exchange.nextState();
  if (next == NextState::none || next == NextState::pending) {
    exchange.waitFor(kWaitNext);
    return {.kind = Step::Kind::await};
  }
  auto& state = context.state<HandlerState>();
  state.phase = Phase::response;
  state.statusSet = false;
  state.nextFailed = next == NextState::failed;
  if (state.nextFailed) {
    exchange.response().status = 502;
    warn(context, "the origin failed: " + std::string(exchange.nextError()));
  }
  return {.kind = Step::Kind::call,
          .entry = kHandleResponse,
          .arguments = {state.contextWord, state.nextFailed ? 1U : 0U}};
}

Step HttpHandlerAbi::responseHandled(HostContext& context) const {
  Exchange& exchange = *context.exchange();
  auto& state = context.state<HandlerState>();
  if (state.nextFailed && !state.statusSet && !state.responseReplacement) {
    return failed(Reason::originError, "the origin failed, and handle_response left it at that");
  }
  if (state.responseReplacement) {
    // It was the origin's body's; the new one's is told from the body.
    exchange.response().headers.remove("content-length");
    exchange.finishWith(std::move(*state.responseReplacement));
  } else if (state.nextFailed) {
    exchange.finishWith({});
  } else if ((context.features() & http_handler::kBufferResponse) != 0) {
    exchange.finishWith(std::string(exchange.nextBody()));
  } else {
    exchange.finishWithNext();
  }
  return finished();
}

Step HttpHandlerAbi::exited(HostContext&, int) const {
  return failed(Reason::guestExit, "the handler exited instead of returning");
}

const EntryAbi& httpHandlerAbi() {
  static const HttpHandlerAbi abi;
  return abi;
}

}  // namespace skiff
