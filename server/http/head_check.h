#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "isolate/exchange.h"
#include "server/http/request_parser.h"

namespace skiff {

/// What a request's head says about the message and its connection.
struct RequestFraming {
  enum class Body : std::uint8_t {
    none,
    length,
    streamed,  ///< it says itself where it ends: by chunks, or by the end of HTTP/2's stream
  };
  Body body = Body::none;
  std::uint64_t bodyLength = 0;  ///< with Body::length
  bool version10 = false;        ///< HTTP/1.0
  bool keepAlive = true;         ///< the client would go on with this connection
  bool expectsContinue = false;  ///< it waits for 100 before it sends the body
};

/// What requests come over: the one scheme that an absolute target may have.
enum class Scheme : std::uint8_t { http, https };

/// Turns a head that llhttp accepted into a RequestHead, or refuses it. Refused is what a server
/// and a proxy in front of it could read in two ways (RFC 9112, 3 and 6, and 11.2), and what is not
/// served: anything but one valid Host, more than one length, any transfer coding but chunked,
/// target forms other than origin, absolute with `scheme` and `OPTIONS *`, and expectations but
/// 100-continue.
///
/// `text` is the head's bytes, `parser` has read them. `head` is filled with views of `text` and
/// copies in its own memory; `text` must live as long.
///
/// With https the head says so to whoever sees it, in X-Forwarded-Proto, whatever the client wrote.
Refusal checkHead(const RequestParser& parser, std::string_view text, Scheme scheme,
                  RequestHead& head, RequestFraming& framing);

/// The parts of a head by HTTP/2 (RFC 9113, 8.3.1), as its frames had them: nothing is checked.
struct Http2Head {
  std::string_view method;
  std::string_view scheme;
  std::string_view authority;
  std::string_view path;
  std::span<const Header> fields;  ///< those without a colon, in their order
  bool ended = false;              ///< no body follows
};

/// The same for HTTP/2: what is refused there is refused here, and what RFC 9113, 8 forbids
/// besides. Guests see one Host, which is the authority, and one Cookie. The views of `from` must
/// live as long as `head`.
Refusal checkHead(const Http2Head& from, Scheme scheme, RequestHead& head, RequestFraming& framing);

/// A field's value without the blanks around it.
std::string_view trimBlanks(std::string_view text);
/// Fields that end at this connection and are neither shown to guests nor forwarded (RFC 9110,
/// 7.6.1), whether Connection names them or not.
bool isHopByHop(std::string_view name);
/// Fields that say where a message ends or goes: never in trailers (RFC 9110, 6.5.1).
bool isForbiddenTrailer(std::string_view name);

}  // namespace skiff
