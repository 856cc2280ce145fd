#include "gtest/gtest.h"
#include "tests/server/http/wire_cases.h"

namespace skiff {
namespace {

using namespace std::string_view_literals;

/// The target (RFC 9112, 3.2). Whatever routes by its path and whatever serves it later must mean
/// the same resource.
constexpr WireCase kTargets[] = {
    // Forms.
    {"an authority", "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a name", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a relative path", "GET a/b HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a query alone", "GET ?a HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"* with GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"* with more behind it", "OPTIONS *a HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"* and a query", "OPTIONS *?a HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * a -> 200 open"},
    {"an https URI", "GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"an ftp URI", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a file URI", "GET file:///etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a ws URI", "GET ws://a/ HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a URI without slashes", "GET http:a HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a URI with one slash", "GET http:/a HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a URI without a host", "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a URI that is only a scheme", "GET http:// HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a URI with a user", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a URI with a user and a password", "GET http://u:p@a/ HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a URI with a backslash", "GET http://a\\@b/ HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a URI with a bad port", "GET http://a:b/ HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a URI with a port beyond 65535", "GET http://a:65536/ HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a URI with an encoded host", "GET http://%61/ HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a URI and no Host", "GET http://b/ HTTP/1.1\r\n\r\n", k400},
    {"a URI and no Host in HTTP/1.0", "GET http://b/ HTTP/1.0\r\n\r\n", "GET / b -> 200 closed"},
    {"a URI and a bad Host", "GET http://a/ HTTP/1.1\r\nHost: a b\r\n\r\n", k400},
    {"a URI and two Hosts", "GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", k400},
    {"a URI's host goes before Host", "GET http://b.c:81/p?q HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET /p?q b.c Host=b.c:81 -> 200 open"},
    {"a URI in capitals", "GET HTTP://B.C/P HTTP/1.1\r\nHost: b.c\r\n\r\n",
     "GET /P b.c Host=B.C -> 200 open"},
    {"a URI without a path", "GET http://b HTTP/1.1\r\nHost: b\r\n\r\n", "GET / b -> 200 open"},
    {"a URI with only a query", "GET http://b?q HTTP/1.1\r\nHost: b\r\n\r\n",
     "GET /?q b -> 200 open"},
    {"OPTIONS of a URI without a path", "OPTIONS http://b HTTP/1.1\r\nHost: b\r\n\r\n",
     "OPTIONS * b -> 200 open"},
    {"a URI in a path is a path", "GET /http://b/ HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET /http://b/ a -> 200 open"},

    // Bytes.
    {"a fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a fragment behind a query", "GET /a?b#c HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a backslash", "GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a backslash first", "GET \\a HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a backslash in the query", "GET /?a\\b HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a byte beyond ASCII", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"an overlong slash", "GET /a\xc0\xaf.. HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"DEL", "GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"NUL", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"sv, k400},
    {"a control", "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a line feed", "GET /a\nb HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a carriage return", "GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a form feed", "GET /a\fb HTTP/1.1\r\nHost: a\r\n\r\n", k400},

    // Paths that another reader would resolve to another.
    {"..", "GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {".. at the end", "GET /a/.. HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {".. first", "GET /../a HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {".", "GET /a/./b HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {". at the end", "GET /. HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {".. before a query", "GET /a/..?b HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {".. encoded", "GET /a/%2e%2e/b HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {".. encoded in capitals", "GET /a/%2E%2E/b HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {".. half encoded", "GET /a/.%2e/b HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {". encoded", "GET /a/%2e/b HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {".. behind an encoded slash", "GET /a%2f..%2fb HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {".. before an encoded slash", "GET /a/..%2Fb HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {".. before an encoded backslash", "GET /a/..%5cb HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {".. behind an encoded backslash", "GET /a%5C..%5Cb HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {".. with a parameter", "GET /a/..;x/b HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {".. with an empty parameter", "GET /a/..;/b HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {".. with an encoded parameter", "GET /a/..%3bx/b HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {".. in a URI", "GET http://a/b/../c HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"NUL encoded", "GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"an encoding cut off", "GET /a% HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"an encoding with one digit", "GET /a%4 HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"an encoding that is none", "GET /a%zz HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"an encoding of another kind", "GET /a%u002e HTTP/1.1\r\nHost: a\r\n\r\n", k400},

    // Paths that mean themselves.
    {"dots in a name", "GET /a/..b/c../...d/.well-known HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET /a/..b/c../...d/.well-known a -> 200 open"},
    {"three dots", "GET /a/.../b HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a/.../b a -> 200 open"},
    {"an encoded slash is not a slash", "GET /a%2fb HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET /a%2fb a -> 200 open"},
    {"an encoding of an encoding", "GET /a/%252e%252e/b HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET /a/%252e%252e/b a -> 200 open"},
    {"empty segments", "GET //a//b HTTP/1.1\r\nHost: a\r\n\r\n", "GET //a//b a -> 200 open"},
    {"a parameter", "GET /a;b=c/d HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a;b=c/d a -> 200 open"},
    {"dots and percents in a query", "GET /a?/../%zz%00% HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET /a?/../%zz%00% a -> 200 open"},
    {"a question mark in a query", "GET /a?b?c HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET /a?b?c a -> 200 open"},
    {"what should be encoded and is read alike", "GET /\"<>[]^`{|} HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET /\"<>[]^`{|} a -> 200 open"},
    {"an encoded line's end", "GET /a%0d%0ab HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET /a%0d%0ab a -> 200 open"},
};

TEST(TargetCasesTest, ATargetIsReadInOneWayOrRefused) {
  expectOneReading(kTargets);
}

}  // namespace
}  // namespace skiff
