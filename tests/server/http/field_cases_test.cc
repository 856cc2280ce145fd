#include "gtest/gtest.h"
#include "tests/server/http/wire_cases.h"

namespace skiff {
namespace {

using namespace std::string_view_literals;

/// Lines and fields (RFC 9112, 2.2 and 5).
constexpr WireCase kFields[] = {
    // Ends of lines.
    {"bare line feeds everywhere", "GET / HTTP/1.1\nHost: a\n\n", k400},
    {"a bare line feed behind the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", k400},
    {"a bare line feed behind a field", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", k400},
    {"a bare line feed at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", k400},
    {"two line feeds at the end", "GET / HTTP/1.1\r\nHost: a\n\n", k400},
    {"a bare line feed in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: b\nc\r\n\r\n", k400},
    {"a bare line feed in a name", "GET / HTTP/1.1\r\nHost: a\r\nX\nY: b\r\n\r\n", k400},
    {"a bare carriage return behind the request line", "GET / HTTP/1.1\rHost: a\r\n\r\n", k400},
    {"a bare carriage return behind a field", "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", k400},
    {"a bare carriage return in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n", k400},
    {"a bare carriage return in a name", "GET / HTTP/1.1\r\nHost: a\r\nX\rY: b\r\n\r\n", k400},
    {"a bare carriage return before a value", "GET / HTTP/1.1\r\nHost: a\r\nX:\rb\r\n\r\n", k400},
    {"two carriage returns behind a field", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", k400},
    {"two carriage returns at the end", "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n", k400},
    {"a carriage return and a byte at the end", "GET / HTTP/1.1\r\nHost: a\r\n\rX", k400},
    {"a carriage return and a request at the end",
     "GET / HTTP/1.1\r\nHost: a\r\n\rGET /smuggled HTTP/1.1\r\nHost: b\r\n\r\n", k400},
    {"line feed and carriage return", "GET / HTTP/1.1\n\rHost: a\n\r\n\r", k400},

    // Folding.
    {"a field folded with a blank", "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", k400},
    {"a field folded with a tab", "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n\tc\r\n\r\n", k400},
    {"an empty folded line", "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n \r\n\r\n", k400},
    {"a folded Host", "GET / HTTP/1.1\r\nHost:\r\n a\r\n\r\n", k400},
    {"a Host that is continued", "GET / HTTP/1.1\r\nHost: a\r\n .b\r\n\r\n", k400},
    {"a blank before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", k400},
    {"a tab before the first field", "GET / HTTP/1.1\r\n\tX: y\r\nHost: a\r\n\r\n", k400},
    {"a line of blanks before the first field", "GET / HTTP/1.1\r\n \r\nHost: a\r\n\r\n", k400},

    // Names.
    {"a blank before a colon", "GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n", k400},
    {"a tab before a colon", "GET / HTTP/1.1\r\nHost: a\r\nX\t: b\r\n\r\n", k400},
    {"a blank before Host's colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", k400},
    {"a blank in a name", "GET / HTTP/1.1\r\nHost: a\r\nX Y: b\r\n\r\n", k400},
    {"a name alone", "GET / HTTP/1.1\r\nHost: a\r\nbroken\r\n\r\n", k400},
    {"Proxy-Connection with an underscore",
     "GET / HTTP/1.1\r\nHost: a\r\nProxy_Connection: b\r\n\r\n", k400},
    {"an empty name", "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", k400},
    {"an empty name that is a blank", "GET / HTTP/1.1\r\nHost: a\r\n : b\r\n\r\n", k400},
    {"a name in brackets", "GET / HTTP/1.1\r\nHost: a\r\n[X]: b\r\n\r\n", k400},
    {"a name in quotes", "GET / HTTP/1.1\r\nHost: a\r\n\"X\": b\r\n\r\n", k400},
    {"a slash in a name", "GET / HTTP/1.1\r\nHost: a\r\nX/Y: b\r\n\r\n", k400},
    {"an equals sign in a name", "GET / HTTP/1.1\r\nHost: a\r\nX=Y: b\r\n\r\n", k400},
    {"an at sign in a name", "GET / HTTP/1.1\r\nHost: a\r\nX@Y: b\r\n\r\n", k400},
    {"a name beyond ASCII", "GET / HTTP/1.1\r\nHost: a\r\nX\xc3\xa4: b\r\n\r\n", k400},
    {"NUL in a name", "GET / HTTP/1.1\r\nHost: a\r\nX\0Y: b\r\n\r\n"sv, k400},
    {"NUL before a name", "GET / HTTP/1.1\r\nHost: a\r\n\0X: b\r\n\r\n"sv, k400},
    {"DEL in a name", "GET / HTTP/1.1\r\nHost: a\r\nX\x7fY: b\r\n\r\n", k400},
    {"a control in a name", "GET / HTTP/1.1\r\nHost: a\r\nX\x01Y: b\r\n\r\n", k400},
    {"a byte order mark before a name", "GET / HTTP/1.1\r\nHost: a\r\n\xef\xbb\xbfX: b\r\n\r\n",
     k400},

    // Values.
    {"NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n"sv, k400},
    {"NUL before a value", "GET / HTTP/1.1\r\nHost: a\r\nX:\0b\r\n\r\n"sv, k400},
    {"NUL behind a value", "GET / HTTP/1.1\r\nHost: a\r\nX: b\0\r\n\r\n"sv, k400},
    {"a control in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", k400},
    {"a backspace in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: b\bc\r\n\r\n", k400},
    {"a vertical tab in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: b\vc\r\n\r\n", k400},
    {"a form feed in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: b\fc\r\n\r\n", k400},
    {"an escape in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: \x1b[2J\r\n\r\n", k400},
    {"DEL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: b\x7f\r\n\r\n", k400},

    // What is read, and how.
    {"an underscore in another name", "GET / HTTP/1.1\r\nHost: a\r\nX_Y: b\r\n\r\n",
     "GET / a X_Y=b -> 200 open"},
    {"every byte that a name may have",
     "GET / HTTP/1.1\r\nHost: a\r\n!#$%&'*+-.^_`|~09azAZ: b\r\n\r\n",
     "GET / a !#$%&'*+-.^_`|~09azAZ=b -> 200 open"},
    {"blanks around a value are not part of it",
     "GET / HTTP/1.1\r\nHost: a\r\nX: \t b\tc  d \t \r\n\r\n", "GET / a X=b\tc  d -> 200 open"},
    {"an empty value", "GET / HTTP/1.1\r\nHost: a\r\nX:\r\n\r\n", "GET / a X= -> 200 open"},
    {"a value of blanks", "GET / HTTP/1.1\r\nHost: a\r\nX:  \t \r\n\r\n", "GET / a X= -> 200 open"},
    {"a colon in a value", "GET / HTTP/1.1\r\nHost: a\r\nX:: b: c\r\n\r\n",
     "GET / a X=: b: c -> 200 open"},
    {"a value beyond ASCII", "GET / HTTP/1.1\r\nHost: a\r\nX: \xc3\xa4\xff\r\n\r\n",
     "GET / a X=\xc3\xa4\xff -> 200 open"},
    {"several fields of one name keep their order",
     "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nY: 2\r\nx: 3\r\n\r\n",
     "GET / a X=1 Y=2 x=3 -> 200 open"},
    {"a line's end that is encoded is none", "GET / HTTP/1.1\r\nHost: a\r\nX: b%0d%0aY: c\r\n\r\n",
     "GET / a X=b%0d%0aY: c -> 200 open"},
    {"the new line of Latin-1 ends no line",
     "GET / HTTP/1.1\r\nHost: a\r\nX: b\xc2\x85Y: c\r\n\r\n",
     "GET / a X=b\xc2\x85Y: c -> 200 open"},
};

TEST(FieldCasesTest, LinesAndFieldsAreReadInOneWayOrRefused) {
  expectOneReading(kFields);
}

}  // namespace
}  // namespace skiff
