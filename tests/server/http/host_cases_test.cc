#include "gtest/gtest.h"
#include "tests/server/http/wire_cases.h"

namespace skiff {
namespace {

using namespace std::string_view_literals;

/// The host (RFC 9112, 3.2; RFC 9110, 7.2 and 4.2.4).
constexpr WireCase kHosts[] = {
    {"no Host", "GET / HTTP/1.1\r\n\r\n", k400},
    {"no Host among other fields", "GET / HTTP/1.1\r\nX: Host: a\r\nX-Host: a\r\n\r\n", k400},
    {"no Host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", k400},
    {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", k400},
    {"twice the same Host", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", k400},
    {"a Host and an empty one", "GET / HTTP/1.1\r\nHost: a\r\nHost:\r\n\r\n", k400},
    {"two Hosts, one named by Connection",
     "GET / HTTP/1.1\r\nHost: a\r\nConnection: Host\r\nHost: b\r\n\r\n", k400},
    {"an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", k400},
    {"a Host of blanks", "GET / HTTP/1.1\r\nHost: \t\r\n\r\n", k400},
    {"a list of Hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", k400},
    {"a list without blanks", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", k400},
    {"a blank in Host", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", k400},
    {"a tab in Host", "GET / HTTP/1.1\r\nHost: a\tb\r\n\r\n", k400},
    {"a blank before the port", "GET / HTTP/1.1\r\nHost: a :80\r\n\r\n", k400},
    {"a path in Host", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", k400},
    {"a query in Host", "GET / HTTP/1.1\r\nHost: a?b\r\n\r\n", k400},
    {"a fragment in Host", "GET / HTTP/1.1\r\nHost: a#b\r\n\r\n", k400},
    {"a scheme in Host", "GET / HTTP/1.1\r\nHost: http://a\r\n\r\n", k400},
    {"a user in Host", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", k400},
    {"a user and a password in Host", "GET / HTTP/1.1\r\nHost: u:p@a\r\n\r\n", k400},
    {"a backslash in Host", "GET / HTTP/1.1\r\nHost: a\\b\r\n\r\n", k400},
    {"a semicolon in Host", "GET / HTTP/1.1\r\nHost: a;b\r\n\r\n", k400},
    {"quotes around Host", "GET / HTTP/1.1\r\nHost: \"a\"\r\n\r\n", k400},
    {"a percent in Host", "GET / HTTP/1.1\r\nHost: a%2eb\r\n\r\n", k400},
    {"a Host beyond ASCII", "GET / HTTP/1.1\r\nHost: \xc3\xa4\r\n\r\n", k400},
    {"NUL in Host", "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n"sv, k400},
    {"an empty label", "GET / HTTP/1.1\r\nHost: a..b\r\n\r\n", k400},
    {"an empty first label", "GET / HTTP/1.1\r\nHost: .a\r\n\r\n", k400},
    {"two dots at the end", "GET / HTTP/1.1\r\nHost: a..\r\n\r\n", k400},
    {"a dot", "GET / HTTP/1.1\r\nHost: .\r\n\r\n", k400},
    {"a star", "GET / HTTP/1.1\r\nHost: *.a\r\n\r\n", k400},
    {"a port alone", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", k400},
    {"a port that is no number", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", k400},
    {"a port beyond 65535", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", k400},
    {"a port of six digits", "GET / HTTP/1.1\r\nHost: a:000080\r\n\r\n", k400},
    {"a negative port", "GET / HTTP/1.1\r\nHost: a:-80\r\n\r\n", k400},
    {"a port with a plus", "GET / HTTP/1.1\r\nHost: a:+80\r\n\r\n", k400},
    {"a hexadecimal port", "GET / HTTP/1.1\r\nHost: a:0x50\r\n\r\n", k400},
    {"a blank behind the colon", "GET / HTTP/1.1\r\nHost: a: 80\r\n\r\n", k400},
    {"two ports", "GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n", k400},
    {"an IPv6 address without brackets", "GET / HTTP/1.1\r\nHost: ::1\r\n\r\n", k400},
    {"empty brackets", "GET / HTTP/1.1\r\nHost: []\r\n\r\n", k400},
    {"a name in brackets", "GET / HTTP/1.1\r\nHost: [a]\r\n\r\n", k400},
    {"an IPv4 address in brackets", "GET / HTTP/1.1\r\nHost: [127.0.0.1]\r\n\r\n", k400},
    {"brackets that are not closed", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", k400},
    {"brackets that are not opened", "GET / HTTP/1.1\r\nHost: ::1]\r\n\r\n", k400},
    {"a name behind brackets", "GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n", k400},
    {"a name before brackets", "GET / HTTP/1.1\r\nHost: a[::1]\r\n\r\n", k400},
    {"a port behind brackets without a colon", "GET / HTTP/1.1\r\nHost: [::1]80\r\n\r\n", k400},
    {"a zone", "GET / HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n\r\n", k400},
    {"a future address", "GET / HTTP/1.1\r\nHost: [v1.a]\r\n\r\n", k400},
    {"too many groups", "GET / HTTP/1.1\r\nHost: [1:2:3:4:5:6:7:8:9]\r\n\r\n", k400},

    {"a host in capitals with a port", "GET / HTTP/1.1\r\nHost: Ab.C:8080\r\n\r\n",
     "GET / ab.c Host=Ab.C:8080 -> 200 open"},
    {"a trailing dot", "GET / HTTP/1.1\r\nHost: a.b.\r\n\r\n", "GET / a.b Host=a.b. -> 200 open"},
    {"an empty port", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n", "GET / a Host=a: -> 200 open"},
    {"an IPv4 address", "GET / HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n",
     "GET / 127.0.0.1 Host=127.0.0.1:80 -> 200 open"},
    {"an IPv6 address", "GET / HTTP/1.1\r\nHost: [2001:DB8::1]:80\r\n\r\n",
     "GET / [2001:db8::1] Host=[2001:DB8::1]:80 -> 200 open"},
    {"an IPv4 address in an IPv6 one", "GET / HTTP/1.1\r\nHost: [::ffff:1.2.3.4]\r\n\r\n",
     "GET / [::ffff:1.2.3.4] -> 200 open"},
    {"underscores and dashes", "GET / HTTP/1.1\r\nHost: _a-b.c\r\n\r\n",
     "GET / _a-b.c -> 200 open"},
    {"a Host that Connection names stays", "GET / HTTP/1.1\r\nHost: a\r\nConnection: Host\r\n\r\n",
     "GET / a -> 200 open"},
    {"X-Forwarded-Host is another field",
     "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Host: b\r\n\r\n",
     "GET / a X-Forwarded-Host=b -> 200 open"},
    {"another host on the same connection",
     "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n",
     "GET / a; GET / b -> 200 200 open"},
};

TEST(HostCasesTest, AHostIsReadInOneWayOrRefused) {
  expectOneReading(kHosts);
}

}  // namespace
}  // namespace skiff
