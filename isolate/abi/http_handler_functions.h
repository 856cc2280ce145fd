#pragma once

#include <cstdint>

#include "isolate/host_context.h"
#include "isolate/host_function.h"

namespace skiff {

/// The namespace "http_handler" of http-wasm (https://http-wasm.io/http-handler-abi/), complete.
///
/// What the specification leaves to the host, here:
///  - A pointer outside memory traps, and so does what cannot be sent: a method or header name that
///    is no token, a header value with control characters, a URI that does not begin with "/" or
///    has bytes that must be encoded, a status outside 200 to 599. The message names function and
///    argument.
///  - Setting anything of the request after `next` traps. Setting the response's status or header
///    fields after its head has been sent has no effect and is logged once a request.
///  - Framing is skiff's: setting Connection, Keep-Alive, Proxy-Connection, TE, Trailer,
///    Transfer-Encoding and Upgrade has no effect and is logged once a request; so has
///    Content-Length and Expect of a request, and Content-Length and Host in trailers.
///  - handle_response may change status and header fields without buffer_response, for the head is
///    held until it returns; reading and writing the response's body takes buffer_response, except
///    that an answer may be written where the origin failed.
///  - read_body answers what is there, and waits only if nothing is.
///  - enable_features answers all that is supported, as the specification has it.
///  - While a module initialises, only enable_features, get_config, log_enabled and log may be
///  called.
const HostModule& httpHandlerModule();

/// The functions, by what they are about. Arguments in the order of the specification.
namespace http_handler {

HostResult enableFeatures(HostContext& context, const std::uint32_t* slots);
HostResult getConfig(HostContext& context, const std::uint32_t* slots);
HostResult logEnabled(HostContext& context, const std::uint32_t* slots);
HostResult log(HostContext& context, const std::uint32_t* slots);

// http_handler_message.cc
HostResult getMethod(HostContext& context, const std::uint32_t* slots);
HostResult setMethod(HostContext& context, const std::uint32_t* slots);
HostResult getUri(HostContext& context, const std::uint32_t* slots);
HostResult setUri(HostContext& context, const std::uint32_t* slots);
HostResult getProtocolVersion(HostContext& context, const std::uint32_t* slots);
HostResult getSourceAddress(HostContext& context, const std::uint32_t* slots);
HostResult getStatusCode(HostContext& context, const std::uint32_t* slots);
HostResult setStatusCode(HostContext& context, const std::uint32_t* slots);

// http_handler_headers.cc
HostResult getHeaderNames(HostContext& context, const std::uint32_t* slots);
HostResult getHeaderValues(HostContext& context, const std::uint32_t* slots);
HostResult setHeaderValue(HostContext& context, const std::uint32_t* slots);
HostResult addHeaderValue(HostContext& context, const std::uint32_t* slots);
HostResult removeHeader(HostContext& context, const std::uint32_t* slots);

// http_handler_body.cc
HostResult readBody(HostContext& context, const std::uint32_t* slots);
HostResult writeBody(HostContext& context, const std::uint32_t* slots);

}  // namespace http_handler
}  // namespace skiff
