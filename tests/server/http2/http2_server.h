#pragma once

#include "server/http/http_limits.h"
#include "tests/server/http/test_server.h"

namespace skiff::testing {

/// The defaults, with HTTP/2 without TLS.
inline HttpLimits http2Limits() {
  HttpLimits limits;
  limits.http2.cleartext = true;
  return limits;
}

/// By path: "/echo" sends the body back as it comes, "/trailers" once it is there, with its
/// trailers; "/empty" answers 204, "/large" with 200,000 bytes, "/never" not at all; all others say
/// what was asked, line by line: method, target, protocol and host, then the fields.
void answerAnything(HttpExchange& exchange);

}  // namespace skiff::testing
