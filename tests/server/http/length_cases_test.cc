#include "tests/server/http/wire_cases.h"

#include "gtest/gtest.h"

namespace skiff {
namespace {

constexpr std::string_view k501 = "-> 501 closed";

/// Where a message ends (RFC 9112, 6). "GET /smuggled" is what a reader of the other opinion would
/// take for a request.
constexpr WireCase kBoth[] = {
    {"CL.TE",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\nTransfer-Encoding: chunked\r\n\r\n"
     "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
     k400},
    {"TE.CL",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"
     "28\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\nX: yyyyy\r\n0\r\n\r\n",
     k400},
    {"CL.TE with a length of zero",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n"
     "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
     k400},
    {"both and a length that agrees",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
     "0\r\n\r\n",
     k400},
    {"both in a GET",
     "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
     "0\r\n\r\n",
     k400},
    {"both in HTTP/1.0",
     "POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
     "0\r\n\r\n",
     k400},
    {"both, the length named by Connection",
     "POST / HTTP/1.1\r\nHost: a\r\nConnection: Content-Length\r\nContent-Length: 5\r\n"
     "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     k400},
    {"both, the coding named by Connection",
     "POST / HTTP/1.1\r\nHost: a\r\nConnection: Transfer-Encoding\r\nContent-Length: 5\r\n"
     "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     k400},
    {"a length and an unknown coding",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: x\r\n\r\nabcd", k400},
    {"a length and identity",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: identity\r\n\r\nabcd",
     k400},
    {"a length and an empty coding",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding:\r\n\r\nabcd", k400},
    {"both in capitals",
     "POST / HTTP/1.1\r\nHost: a\r\nCONTENT-LENGTH: 5\r\nTRANSFER-ENCODING: CHUNKED\r\n\r\n"
     "0\r\n\r\n",
     k400},
};

constexpr WireCase kLengths[] = {
    {"two lengths that differ",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd", k400},
    {"twice the same length",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", k400},
    {"two lengths with others between",
     "POST / HTTP/1.1\r\nContent-Length: 4\r\nHost: a\r\nX: y\r\ncontent-length: 0\r\n\r\nabcd",
     k400},
    {"a list of the same length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4, 4\r\n\r\nabcd",
     k400},
    {"a list of lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4,5\r\n\r\nabcd", k400},
    {"a length and a comma", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4,\r\n\r\nabcd", k400},
    {"a length with a plus", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\nabcd", k400},
    {"a negative length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", k400},
    {"minus zero", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -0\r\n\r\n", k400},
    {"a hexadecimal length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x4\r\n\r\nabcd", k400},
    {"hexadecimal digits", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: a\r\n\r\n0123456789",
     k400},
    {"a fraction", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4.0\r\n\r\nabcd", k400},
    {"an exponent", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4e0\r\n\r\nabcd", k400},
    {"a length in quotes", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \"4\"\r\n\r\nabcd", k400},
    {"a length with a parameter", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4;a=b\r\n\r\nabcd",
     k400},
    {"a length with a blank inside",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 0\r\n\r\nabcd", k400},
    {"a length with a letter behind it",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4x\r\n\r\nabcd", k400},
    {"an empty length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nabcd", k400},
    {"a length of blanks", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:   \r\n\r\nabcd", k400},
    {"2^64", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n", k400},
    {"2^64 + 4", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551620\r\n\r\nabcd",
     k400},
    {"a length of thirty digits",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000000000000000000000004\r\n\r\nabcd",
     k400},
    {"a blank before the colon", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 4\r\n\r\nabcd",
     k400},
    {"a tab before the colon", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length\t: 4\r\n\r\nabcd",
     k400},
    {"a folded length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n 4\r\n\r\nabcd", k400},
    {"a length that is continued",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n 0\r\n\r\nabcd", k400},
    {"a vertical tab before the length",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \v4\r\n\r\nabcd", k400},
    {"a form feed behind the length",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\f\r\n\r\nabcd", k400},
    {"a tab behind the length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\t\r\n\r\nabcd",
     k400},
    {"a no-break space before the length",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \xa0"
     "4\r\n\r\nabcd",
     k400},
    {"fullwidth digits", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \xef\xbc\x94\r\n\r\nabcd",
     k400},

    {"a length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd",
     "POST / a \"abcd\" -> 200 open"},
    {"blanks around the length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\t  4  \r\n\r\nabcd",
     "POST / a \"abcd\" -> 200 open"},
    {"leading zeros", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0004\r\n\r\nabcd",
     "POST / a \"abcd\" -> 200 open"},
    {"a length of zero", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
     "POST / a -> 200 open"},
    {"an underscore for the dash", "POST / HTTP/1.1\r\nHost: a\r\nContent_Length: 4\r\n\r\n", k400},
    {"a GET with a body", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd",
     "GET / a \"abcd\" -> 200 open"},
    {"a body in the shape of a request",
     "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 28\r\n\r\nGET /b HTTP/1.1\r\nHost: b\r\n\r\n"
     "GET /c HTTP/1.1\r\nHost: c\r\n\r\n",
     "GET / a \"GET /b HTTP/1.1\r\nHost: b\r\n\r\n\"; GET /c c -> 200 200 open"},
    {"more than the length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcdefgh",
     "POST / a \"abcd\" -> 200 400 closed"},
    {"a body without a length is none",
     "POST / HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: b\r\n\r\n",
     "POST / a; GET /b b -> 200 200 open"},
    {"less than the length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcd",
     "-> waits open"},
};

constexpr WireCase kCodings[] = {
    {"a blank before the colon",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", k400},
    {"a tab before the colon",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n", k400},
    {"a blank before the name",
     "POST / HTTP/1.1\r\nHost: a\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", k400},
    {"on a folded line behind another field",
     "POST / HTTP/1.1\r\nHost: a\r\nX: y\r\n\tTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", k400},
    {"behind a bare line feed",
     "POST / HTTP/1.1\r\nHost: a\r\nX: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", k400},
    {"behind a bare carriage return",
     "POST / HTTP/1.1\r\nHost: a\r\nX: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", k400},
    {"its value on a folded line",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", k400},
    {"chunked twice in one field",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", k400},
    {"chunked in two fields",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n",
     k400},
    {"chunked and identity in two fields",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
     "identity\r\n\r\n0\r\n\r\n",
     k400},
    {"another coding in a field before",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n",
     k400},
    {"chunked before another coding",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", k400},
    {"chunked before identity",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", k400},
    {"a comma behind chunked",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked,\r\n\r\n0\r\n\r\n", k400},
    {"a comma before chunked",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n", k501},
    {"gzip before chunked",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", k501},
    {"gzip", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", k501},
    {"identity", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", k501},
    {"a word that ends in chunked",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", k501},
    {"a word that begins with chunked",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunkedx\r\n\r\n0\r\n\r\n", k501},
    {"chunked in double quotes",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", k501},
    {"chunked in single quotes",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: 'chunked'\r\n\r\n0\r\n\r\n", k501},
    {"a second colon",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: : chunked\r\n\r\n0\r\n\r\n", k501},
    {"chunked with a parameter",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n", k501},
    {"chunked behind a vertical tab",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n", k400},
    {"NUL behind chunked",
     std::string_view("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\0\r\n\r\n0\r\n\r\n",
                      62),
     k400},
    {"a byte beyond ASCII behind chunked",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\xff\r\n\r\n0\r\n\r\n", k501},
    {"the long s instead of an s",
     "POST / HTTP/1.1\r\nHost: a\r\nTran\xc5\xbf"
     "fer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     k400},
    {"in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     k400},
    {"in HTTP/1.0 that would go on",
     "POST / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n",
     k400},
    {"an empty coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n", k400},
    {"a coding of blanks", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \t \r\n\r\n", k400},

    {"chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     "POST / a -> 200 open"},
    {"chunked in mixed case and blanks",
     "POST / HTTP/1.1\r\nHost: a\r\ntRANSFER-eNCODING:\t cHuNkEd \r\n\r\n2\r\nhi\r\n0\r\n\r\n",
     "POST / a \"hi\" -> 200 open"},
    {"chunked named by Connection",
     "POST / HTTP/1.1\r\nHost: a\r\nConnection: Transfer-Encoding\r\nTransfer-Encoding: "
     "chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
     "POST / a \"hi\" -> 200 open"},
    {"an underscore for the dash",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer_Encoding: chunked\r\n\r\n", k400},
    {"TE is not Transfer-Encoding",
     "POST / HTTP/1.1\r\nHost: a\r\nTE: chunked\r\nContent-Length: 1\r\n\r\nx",
     "POST / a \"x\" -> 200 open"},
    {"a GET with chunks",
     "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
     "GET /b HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET / a \"hi\"; GET /b a -> 200 200 open"},
};

/// A handler that does not look at the body leaves it where it is: it is no request.
constexpr WireCase kUnread[] = {
    {"a body with a length",
     "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 28\r\n\r\nGET /b HTTP/1.1\r\nHost: b\r\n\r\n"
     "GET /c HTTP/1.1\r\nHost: c\r\n\r\n",
     "POST /a a; GET /c c -> 200 200 open"},
    {"chunks",
     "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
     "1c\r\nGET /b HTTP/1.1\r\nHost: b\r\n\r\n\r\n0\r\n\r\nGET /c HTTP/1.1\r\nHost: c\r\n\r\n",
     "POST /a a; GET /c c -> 200 200 open"},
    {"a GET's body",
     "GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 28\r\n\r\nGET /b HTTP/1.1\r\nHost: b\r\n\r\n",
     "GET /a a -> 200 open"},
    {"chunks that are malformed",
     "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
     "x\r\nGET /b HTTP/1.1\r\nHost: b\r\n\r\n",
     "POST /a a -> 200 closed"},
    {"a length beyond what is worth reading",
     "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\nGET /b HTTP/1.1\r\nHost: "
     "b\r\n\r\n",
     "POST /a a -> 200 closed"},
    {"a length of all ones",
     "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\nGET /b "
     "HTTP/1.1\r\nHost: b\r\n\r\n",
     "POST /a a -> 200 closed"},
};

TEST(LengthCasesTest, ALengthBesideACodingIsRefused) {
  expectOneReading(kBoth);
}
TEST(LengthCasesTest, ContentLengthIsOneNumber) {
  expectOneReading(kLengths);
}
TEST(LengthCasesTest, TheOnlyCodingIsChunkedOnce) {
  expectOneReading(kCodings);
}
TEST(LengthCasesTest, WhatTheHandlerLeavesIsNoRequest) {
  expectOneReading(kUnread, WireServer::Handling::ignoresBody);
}

}  // namespace
}  // namespace skiff
