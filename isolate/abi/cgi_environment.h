#pragma once

#include "isolate/abi/string_block.h"
#include "isolate/exchange.h"
#include "isolate/guest_settings.h"

namespace skiff {

/// The environment of a CGI program for one request: RFC 3875, section 4.1, WAGI's X_FULL_URL and
/// X_MATCHED_ROUTE, the customary REMOTE_PORT and REQUEST_URI, and what the app was granted. A
/// granted variable never replaces one of the request, and neither do names that a client could
/// choose: a program can trust REMOTE_ADDR.
///
///  - SCRIPT_NAME is the fixed part of the matched route's path ("/shop" of "example.com/shop/*"),
///    PATH_INFO what follows it in the request's path, percent-decoded, but for escapes that are
///    malformed or stand for NUL. QUERY_STRING is as it came.
///  - CONTENT_LENGTH is there if the client announced it; a chunked body is read to its end.
///  - AUTH_TYPE, REMOTE_IDENT, REMOTE_USER and PATH_TRANSLATED are empty: nobody was authenticated
///    by the server, and paths are not mapped to files.
///  - HTTP_*: each field, names in capitals with `_` for `-`, several of one name joined. Left out
///    are Content-Type and Content-Length (above), `Proxy` (it would become HTTP_PROXY, which
///    programs take for their own configuration), what is meant for a proxy's authentication, and
///    names with anything but letters, digits and `-`, since `a_b` and `a-b` would become the same.
StringBlock makeCgiEnvironment(const GuestSettings& settings, Exchange& exchange);

}  // namespace skiff
