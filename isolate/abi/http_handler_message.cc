// What is in a message's first line, and where it came from.
#include <algorithm>

#include "isolate/abi/http_handler_call.h"
#include "isolate/abi/http_handler_functions.h"

namespace skiff::http_handler {
namespace {

/// What a request target may consist of: visible ASCII without "#" (RFC 9112, 3.2.1; clients send
/// no fragment).
bool isTarget(std::string_view text) {
  return text.starts_with('/') && std::all_of(text.begin(), text.end(), [](char c) {
           return c > 0x20 && c < 0x7f && c != '#';
         });
}

}  // namespace

HostResult getMethod(HostContext& context, const std::uint32_t* slots) {
  const Call call(context, "get_method");
  Exchange* exchange = call.exchange();
  if (!exchange) return HostResult::stop();
  return call.answer(exchange->request().method, slots[0], slots[1]);
}

HostResult setMethod(HostContext& context, const std::uint32_t* slots) {
  const Call call(context, "set_method");
  Exchange* exchange = call.exchangeBeforeNext("set the method");
  if (!exchange) return HostResult::stop();
  const auto method = call.text("method", slots[0], slots[1]);
  if (!method) return HostResult::stop();
  if (!isHttpToken(*method)) return call.trap("method is empty or no HTTP token");
  if (*method == "CONNECT") return call.trap("a request cannot be made a tunnel (CONNECT)");
  if (!call.chargeHeadText(method->size())) return HostResult::stop();
  RequestHead& request = exchange->request();
  request.method = request.headers.copy(*method);
  return HostResult::done();
}

HostResult getUri(HostContext& context, const std::uint32_t* slots) {
  const Call call(context, "get_uri");
  Exchange* exchange = call.exchange();
  if (!exchange) return HostResult::stop();
  const std::string_view target = exchange->request().target;
  return call.answer(target.empty() ? "/" : target, slots[0], slots[1]);
}

HostResult setUri(HostContext& context, const std::uint32_t* slots) {
  const Call call(context, "set_uri");
  Exchange* exchange = call.exchangeBeforeNext("set the URI");
  if (!exchange) return HostResult::stop();
  const auto uri = call.text("uri", slots[0], slots[1]);
  if (!uri) return HostResult::stop();
  const std::string_view target = uri->empty() ? "/" : *uri;
  if (!isTarget(target)) {
    return call.trap(
        "uri is no path and query: it must begin with \"/\", and whatever is not visible ASCII, "
        "and "
        "\"#\", must be percent-encoded");
  }
  if (!call.chargeHeadText(target.size())) return HostResult::stop();
  RequestHead& request = exchange->request();
  request.target = request.headers.copy(target);
  return HostResult::done();
}

HostResult getProtocolVersion(HostContext& context, const std::uint32_t* slots) {
  const Call call(context, "get_protocol_version");
  Exchange* exchange = call.exchange();
  if (!exchange) return HostResult::stop();
  return call.answer(exchange->request().protocol, slots[0], slots[1]);
}

HostResult getSourceAddress(HostContext& context, const std::uint32_t* slots) {
  const Call call(context, "get_source_addr");
  Exchange* exchange = call.exchange();
  if (!exchange) return HostResult::stop();
  return call.answer(exchange->sourceAddress(), slots[0], slots[1]);
}

HostResult getStatusCode(HostContext& context, const std::uint32_t*) {
  const Call call(context, "get_status_code");
  Exchange* exchange = call.exchange();
  if (!exchange) return HostResult::stop();
  return HostResult::value(exchange->response().status);
}

HostResult setStatusCode(HostContext& context, const std::uint32_t* slots) {
  const Call call(context, "set_status_code");
  Exchange* exchange = call.exchange();
  if (!exchange) return HostResult::stop();
  const std::uint32_t status = slots[0];
  if (status < 200 || status > 599) {
    return call.trap("status_code " + std::to_string(status) +
                     " is no final status: it must be from 200 to 599");
  }
  if (exchange->responseCommitted()) {
    call.warnOnce(kWarnCommitted, "the response's head has been sent: too late to change it");
    return HostResult::done();
  }
  exchange->response().status = static_cast<int>(status);
  call.state().statusSet = true;
  return HostResult::done();
}

}  // namespace skiff::http_handler
