// Bodies: streamed from the client and to it while the guest makes the answer itself, held in
// memory where the guest stands in front of an origin.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>

#include "isolate/abi/http_handler_call.h"
#include "isolate/abi/http_handler_functions.h"

namespace skiff::http_handler {
namespace {

enum Kind : std::uint32_t { kRequest = 0, kResponse = 1 };

constexpr std::string_view kUnknownKind = "kind must be 0 (request) or 1 (response)";
constexpr std::string_view kNeedsBufferResponse =
    "the origin's body streams past handle_response: call enable_features(2), buffer_response, in "
    "handle_request to read or write it here";

/// `eof_len`: the end flag above the length.
HostResult readResult(std::size_t size, bool end) {
  return HostResult::value(static_cast<std::int64_t>(std::uint64_t{end} << 32 | size));
}

/// Appends to a body that is held in memory; false after a trap.
bool hold(const Call& call, std::string& body, std::string_view bytes) {
  const ByteSize most = call.context().settings().bufferedBody;
  if (bytes.size() > most.bytes() - std::min<std::uint64_t>(most.bytes(), body.size())) {
    call.trap("a body of more than " + most.text() + " cannot be held in memory");
    return false;
  }
  body += bytes;
  return true;
}

HostResult readRequest(const Call& call, Exchange& exchange, std::span<std::byte> into) {
  HandlerState& state = call.state();
  if (state.phase == Phase::response) {
    if (!call.enabled(kBufferRequest)) {
      return call.trap(
          "cannot read the request's body after next: call enable_features(1), buffer_request, in "
          "handle_request");
    }
    return readResult(0, true);  // `next` has had what there was
  }
  std::size_t size = 0;
  bool end = false;
  while (size < into.size() && !end) {
    const BodyRead read = exchange.readRequestBody(into.subspan(size));
    if (read.wouldBlock()) break;
    size += read.size;
    end = read.end;
  }
  if (size == 0 && !end) {
    // Who waits for the client may be what the client waits for.
    exchange.flush();
    exchange.waitFor(kWaitRequestBody);
    return HostResult::wait();
  }
  state.requestEnded = end;
  if (size > 0 && call.context().settings().hasOrigin) {
    if (!call.enabled(kBufferRequest)) {
      state.requestLost = true;
    } else if (!hold(call, state.requestCopy, {reinterpret_cast<const char*>(into.data()), size})) {
      return HostResult::stop();
    }
  }
  return readResult(size, end);
}

HostResult readResponse(const Call& call, Exchange& exchange, std::span<std::byte> into) {
  HandlerState& state = call.state();
  // Before next, and where next failed, there is none.
  if (state.phase == Phase::request || state.nextFailed) return readResult(0, true);
  if (!call.enabled(kBufferResponse)) return call.trap(kNeedsBufferResponse);
  const std::string_view rest = exchange.nextBody().substr(state.responseRead);
  const std::size_t size = std::min(rest.size(), into.size());
  if (size > 0) std::memcpy(into.data(), rest.data(), size);
  state.responseRead += size;
  return readResult(size, size == rest.size());
}

/// The guest answers by itself: bytes go out as the client takes them. A call that must wait is
/// made again with the same arguments, and goes on behind what it has written.
HostResult writeAnswer(const Call& call, Exchange& exchange, std::string_view bytes) {
  HandlerState& state = call.state();
  state.responseWritten = true;
  const auto all = std::as_bytes(std::span(bytes));
  while (state.writeProgress < all.size()) {
    const std::size_t taken = exchange.writeResponseBody(all.subspan(state.writeProgress));
    if (taken == 0) {
      exchange.waitFor(kWaitResponseRoom);
      return HostResult::wait();
    }
    state.writeProgress += taken;
  }
  state.writeProgress = 0;
  return HostResult::done();
}

/// The guest replaces a body: the first call begins it, further ones add to it.
HostResult writeReplacement(const Call& call, std::optional<std::string>& body,
                            std::string_view bytes) {
  if (!body) body.emplace();
  return hold(call, *body, bytes) ? HostResult::done() : HostResult::stop();
}

}  // namespace

HostResult readBody(HostContext& context, const std::uint32_t* slots) {
  const Call call(context, "read_body");
  Exchange* exchange = call.exchange();
  if (!exchange) return HostResult::stop();
  const auto [kind, buffer, limit] = std::array{slots[0], slots[1], slots[2]};
  if (limit == 0) return call.trap("buf_limit is 0, so nothing could ever be read");
  const auto into = context.memory().slice(buffer, limit);
  if (!into) return call.trapOutside("buf", buffer, limit);
  switch (kind) {
    case kRequest:
      return readRequest(call, *exchange, *into);
    case kResponse:
      return readResponse(call, *exchange, *into);
    default:
      return call.trap(kUnknownKind);
  }
}

HostResult writeBody(HostContext& context, const std::uint32_t* slots) {
  const Call call(context, "write_body");
  const std::uint32_t kind = slots[0];
  if (kind > kResponse) return call.trap(kUnknownKind);
  Exchange* exchange =
      kind == kRequest ? call.exchangeBeforeNext("write the request's body") : call.exchange();
  if (!exchange) return HostResult::stop();
  const auto bytes = call.text("body", slots[1], slots[2]);
  if (!bytes) return HostResult::stop();
  HandlerState& state = call.state();
  if (kind == kRequest) return writeReplacement(call, state.requestReplacement, *bytes);
  if (state.phase == Phase::request) return writeAnswer(call, *exchange, *bytes);
  if (!call.enabled(kBufferResponse) && !state.nextFailed) return call.trap(kNeedsBufferResponse);
  return writeReplacement(call, state.responseReplacement, *bytes);
}

}  // namespace skiff::http_handler
