#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "isolate/exchange.h"
#include "server/http/response_framing.h"

namespace skiff {

class ServerTiming;

/// What decides how an answer is framed, besides its head.
struct ResponseContext {
  bool headOnly = false;   ///< the request was HEAD
  bool version10 = false;  ///< the client speaks HTTP/1.0
  bool keepAlive = true;   ///< the connection could go on
  /// The body's size if all of it is known.
  std::optional<std::uint64_t> bodySize;
};

struct ResponsePlan {
  ResponseFraming framing = ResponseFraming::none;
  std::optional<std::uint64_t> contentLength;  ///< the field to send
  bool keepAlive = true;
};

/// How the answer's body is framed (RFC 9112, 6). A body that is known whole has its true length,
/// whatever Content-Length the guest set; a streamed one is held to the guest's, or chunked.
ResponsePlan planResponse(const ResponseHead& head, const ResponseContext& context);

/// Appends status line and header fields up to the empty line. Fields that are the connection's
/// (framing, hop-by-hop) are left out and written as `plan` says; Date is added unless set.
/// Returns what makes the head impossible to send, or nothing if it was written: no byte that a
/// guest chose can end a field or the head. `timing`: the server's own field Server-Timing is
/// added, and the guest's left out; nullptr: the guest's is like any other.
std::optional<std::string_view> appendHead(std::string& out, const ResponseHead& head,
                                           const ResponsePlan& plan, bool version10,
                                           std::string_view date,
                                           const ServerTiming* timing = nullptr);

/// Appends the trailer section of a chunked body, with the empty line after it. Fields that may not
/// be trailers are left out; so is Server-Timing if the head had the server's own.
void appendTrailers(std::string& out, const HeaderList& trailers,
                    const ServerTiming* timing = nullptr);

/// The phrase for a status; empty if it has none.
std::string_view statusPhrase(int status);

}  // namespace skiff
