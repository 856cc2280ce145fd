#include "gtest/gtest.h"
#include "tests/server/http/wire_cases.h"

namespace skiff {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view k501 = "-> 501 closed";
constexpr std::string_view k505 = "-> 505 closed";
constexpr std::string_view kServed = "GET / a -> 200 open";

/// The request line (RFC 9112, 3), its method (RFC 9110, 9) and its version (RFC 9112, 2.3).
constexpr WireCase kRequestLines[] = {
    // Blanks.
    {"two blanks behind the method", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"two blanks behind the target", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a tab behind the method", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a tab behind the target", "GET /\tHTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a vertical tab behind the target", "GET /\vHTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a carriage return behind the target", "GET /\rHTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a no-break space behind the target", "GET /\xa0HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a blank behind the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", k400},
    {"a tab behind the version", "GET / HTTP/1.1\t\r\nHost: a\r\n\r\n", k400},
    {"a blank before the method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a blank in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"two versions", "GET / HTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"only a method", "GET\r\nHost: a\r\n\r\n", k400},
    {"no method", "/ HTTP/1.1\r\nHost: a\r\n\r\n", k400},

    // What comes before it.
    {"one empty line", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", kServed},
    {"two empty lines", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a bare line feed", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a bare carriage return", "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"NUL", "\0GET / HTTP/1.1\r\nHost: a\r\n\r\n"sv, k400},
    {"a byte order mark", "\xef\xbb\xbfGET / HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a line of its own", "hello\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", k400},

    // Methods.
    {"lower case", "get / HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"mixed case", "Get / HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"an unknown method", "FROB / HTTP/1.1\r\nHost: a\r\n\r\n", k501},
    {"a known method with more behind it", "GETX / HTTP/1.1\r\nHost: a\r\n\r\n", k501},
    {"a token with odd letters", "M!#$%&'*+-.^_`|~9 / HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a method in brackets", "G[E]T / HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a colon in the method", "GET: / HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"NUL in the method", "GE\0T / HTTP/1.1\r\nHost: a\r\n\r\n"sv, k400},
    {"a method beyond ASCII", "G\xc3\x8bT / HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", k400},
    {"CONNECT with a path", "CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"CONNECT with a request behind it",
     "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"TRACE is answered by the handler", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
     "TRACE / a -> 200 open"},
    {"HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
     "HEAD / a; GET /b a -> 200 200 open"},
    {"RTSP's methods", "PLAY / HTTP/1.1\r\nHost: a\r\n\r\n", k501},
    {"Icecast's method is one like any other", "SOURCE / HTTP/1.1\r\nHost: a\r\n\r\n",
     "SOURCE / a -> 200 open"},
    {"HTTP/2's method", "PRI / HTTP/1.1\r\nHost: a\r\n\r\n", k400},

    // Versions.
    {"HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", "GET / a -> 200 closed"},
    {"HTTP/0.9 without a version", "GET /\r\n", k400},
    {"HTTP/0.9 and fields", "GET /\r\nHost: a\r\n\r\n", k400},
    {"HTTP/0.9 that says so", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", k505},
    {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", k505},
    {"HTTP/1.9", "GET / HTTP/1.9\r\nHost: a\r\n\r\n", k505},
    {"HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", k505},
    {"HTTP/3.0", "GET / HTTP/3.0\r\nHost: a\r\n\r\n", k505},
    {"HTTP/9.9", "GET / HTTP/9.9\r\nHost: a\r\n\r\n", k505},
    {"HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", k505},
    {"HTTP/1.10", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", k400},
    {"HTTP/11.1", "GET / HTTP/11.1\r\nHost: a\r\n\r\n", k400},
    {"HTTP/01.1", "GET / HTTP/01.1\r\nHost: a\r\n\r\n", k400},
    {"HTTP/1", "GET / HTTP/1\r\nHost: a\r\n\r\n", k400},
    {"HTTP/1.", "GET / HTTP/1.\r\nHost: a\r\n\r\n", k400},
    {"HTTP/1,1", "GET / HTTP/1,1\r\nHost: a\r\n\r\n", k400},
    {"HTTP/+1.1", "GET / HTTP/+1.1\r\nHost: a\r\n\r\n", k400},
    {"HTTP/a.b", "GET / HTTP/a.b\r\nHost: a\r\n\r\n", k400},
    {"HTTP 1.1", "GET / HTTP 1.1\r\nHost: a\r\n\r\n", k400},
    {"lower case", "GET / http/1.1\r\nHost: a\r\n\r\n", k400},
    {"mixed case", "GET / Http/1.1\r\nHost: a\r\n\r\n", k400},
    {"HTTPS", "GET / HTTPS/1.1\r\nHost: a\r\n\r\n", k400},
    {"another protocol", "OPTIONS * RTSP/1.0\r\nHost: a\r\n\r\n", k400},
    {"another protocol's method and version", "SOURCE / ICE/1.0\r\nHost: a\r\n\r\n", k400},

    // Other languages.
    {"a TLS greeting", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"sv, k400},
    {"an SSH greeting", "SSH-2.0-OpenSSH_9.2\r\n", k501},
    {"the PROXY protocol", "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
     k501},
    {"the PROXY protocol's second version", "\r\n\r\n\0\r\nQUIT\n\x21\x11"sv, k400},
    {"a response", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", k501},
};

TEST(RequestLineCasesTest, ARequestLineIsReadInOneWayOrRefused) {
  expectOneReading(kRequestLines);
}

}  // namespace
}  // namespace skiff
