#include "isolate/abi/cgi_environment.h"

#include <map>

#include "tests/isolate/fake_exchange.h"

namespace skiff::testing {
namespace {

using Variables = std::map<std::string, std::string>;

class CgiEnvironment : public ::testing::Test {
 protected:
  Variables variables() {
    const StringBlock block = makeCgiEnvironment(settings_, exchange_);
    Variables found;
    for (const std::uint32_t offset : block.offsets()) {
      const std::string entry(block.bytes().data() + offset);
      const std::size_t equals = entry.find('=');
      const bool isNew = found.emplace(entry.substr(0, equals), entry.substr(equals + 1)).second;
      EXPECT_TRUE(isNew) << entry << " is there twice";
    }
    return found;
  }

  GuestSettings settings_;
  FakeExchange exchange_;
};

TEST_F(CgiEnvironment, has_every_variable_of_rfc_3875) {
  exchange_.setRequest("POST", "/shop/a%20b/c?x=1&y=%41");
  exchange_.setMatchedRoute("example.com/shop/*");
  exchange_.addRequestHeader("Content-Type", "text/plain");
  exchange_.addRequestHeader("User-Agent", "curl");
  exchange_.sendBody("hello");
  EXPECT_EQ(variables(), (Variables{{"AUTH_TYPE", ""},
                                    {"CONTENT_LENGTH", "5"},
                                    {"CONTENT_TYPE", "text/plain"},
                                    {"GATEWAY_INTERFACE", "CGI/1.1"},
                                    {"HTTP_HOST", "example.com"},
                                    {"HTTP_USER_AGENT", "curl"},
                                    {"PATH_INFO", "/a b/c"},
                                    {"PATH_TRANSLATED", ""},
                                    {"QUERY_STRING", "x=1&y=%41"},
                                    {"REMOTE_ADDR", "127.0.0.1"},
                                    {"REMOTE_HOST", "127.0.0.1"},
                                    {"REMOTE_IDENT", ""},
                                    {"REMOTE_PORT", "4711"},
                                    {"REMOTE_USER", ""},
                                    {"REQUEST_METHOD", "POST"},
                                    {"REQUEST_URI", "/shop/a%20b/c?x=1&y=%41"},
                                    {"SCRIPT_NAME", "/shop"},
                                    {"SERVER_NAME", "example.com"},
                                    {"SERVER_PORT", "8080"},
                                    {"SERVER_PROTOCOL", "HTTP/1.1"},
                                    {"SERVER_SOFTWARE", "skiff/" SKIFF_VERSION},
                                    {"X_FULL_URL", "http://example.com/shop/a%20b/c?x=1&y=%41"},
                                    {"X_MATCHED_ROUTE", "example.com/shop/*"}}));
}

TEST_F(CgiEnvironment, SaysHttpsOverTls) {
  exchange_.overTls = true;
  exchange_.setRequest("GET", "/a?b");
  auto found = variables();
  EXPECT_EQ(found["HTTPS"], "on");
  EXPECT_EQ(found["X_FULL_URL"], "https://example.com/a?b");
}

struct Split {
  const char* name;
  const char* route;
  const char* target;
  const char* script;
  const char* info;
  const char* query;
};

void PrintTo(const Split& split, std::ostream* out) {
  *out << split.name;
}

class CgiTarget : public CgiEnvironment, public ::testing::WithParamInterface<Split> {};

INSTANTIATE_TEST_SUITE_P(Targets, CgiTarget,
                         ::testing::Values(Split{"Everything", "*/*", "/a/b", "", "/a/b", ""},
                                           Split{"Root", "*/*", "/", "", "/", ""},
                                           Split{"Prefix", "h/a/*", "/a/b", "/a", "/b", ""},
                                           Split{"PrefixItself", "h/a/*", "/a", "/a", "", ""},
                                           Split{"PrefixWithSlash", "h/a/*", "/a/", "/a", "/", ""},
                                           Split{"Exact", "h/a/b", "/a/b", "/a/b", "", ""},
                                           Split{"EmptyQuery", "h/a", "/a?", "/a", "", ""},
                                           Split{"TwoQuestions", "h/*", "/a?b?c", "", "/a", "b?c"},
                                           Split{"Asterisk", "*/*", "*", "", "", ""},
                                           Split{"Escapes", "*/*", "/%2f%C3%a9%", "", "//\xc3\xa9%",
                                                 ""},
                                           Split{"BadEscape", "*/*", "/%zz%4", "", "/%zz%4", ""},
                                           Split{"NulEscape", "*/*", "/a%00b", "", "/a%00b", ""}),
                         [](const auto& each) { return each.param.name; });

TEST_P(CgiTarget, is_split_into_script_path_and_query) {
  exchange_.setMatchedRoute(GetParam().route);
  exchange_.setRequest("GET", GetParam().target);
  Variables found = variables();
  EXPECT_EQ(found["SCRIPT_NAME"], GetParam().script);
  EXPECT_EQ(found["PATH_INFO"], GetParam().info);
  EXPECT_EQ(found["QUERY_STRING"], GetParam().query);
}

TEST_F(CgiEnvironment, has_no_content_variables_without_a_body) {
  const Variables found = variables();
  EXPECT_FALSE(found.contains("CONTENT_LENGTH"));
  EXPECT_FALSE(found.contains("CONTENT_TYPE"));
}

TEST_F(CgiEnvironment, has_no_length_for_a_chunked_body) {
  exchange_.expectBody();
  EXPECT_FALSE(variables().contains("CONTENT_LENGTH"));
}

TEST_F(CgiEnvironment, joins_repeated_headers) {
  exchange_.addRequestHeader("X-One", "a");
  exchange_.addRequestHeader("x-one", "b");
  exchange_.addRequestHeader("Cookie", "c=1");
  exchange_.addRequestHeader("Cookie", "d=2");
  Variables found = variables();
  EXPECT_EQ(found["HTTP_X_ONE"], "a, b");
  EXPECT_EQ(found["HTTP_COOKIE"], "c=1; d=2");
}

TEST_F(CgiEnvironment, leaves_out_headers_that_would_be_taken_for_something_else) {
  exchange_.addRequestHeader("Proxy", "http://evil/");
  exchange_.addRequestHeader("PROXY", "http://evil/");
  exchange_.addRequestHeader("Proxy-Authorization", "Basic x");
  exchange_.addRequestHeader("X_Forwarded_For", "spoofed");
  exchange_.addRequestHeader("X.Dot", "dot");
  const Variables found = variables();
  EXPECT_FALSE(found.contains("HTTP_PROXY"));
  EXPECT_FALSE(found.contains("HTTP_PROXY_AUTHORIZATION"));
  EXPECT_FALSE(found.contains("HTTP_X_FORWARDED_FOR"));
  for (const auto& [name, value] : found) EXPECT_NE(value, "dot");
}

TEST_F(CgiEnvironment, adds_what_the_app_was_granted_but_never_over_the_request) {
  settings_.environment = {{"GREETING", "hi"},
                           {"REMOTE_ADDR", "10.0.0.1"},
                           {"HTTP_HOST", "forged"},
                           {"HTTP_PROXY", "http://proxy/"},
                           {"CONTENT_LENGTH", "7"},
                           {"BAD=NAME", "x"},
                           {std::string("NUL\0", 4), ""},
                           {"GREETING", "again"}};
  Variables found = variables();
  EXPECT_EQ(found["GREETING"], "hi");
  EXPECT_EQ(found["REMOTE_ADDR"], "127.0.0.1");
  EXPECT_EQ(found["HTTP_HOST"], "example.com");
  EXPECT_EQ(found["HTTP_PROXY"], "http://proxy/");  // the operator's own
  EXPECT_FALSE(found.contains("CONTENT_LENGTH"));
  EXPECT_FALSE(found.contains("BAD"));
}

TEST_F(CgiEnvironment, takes_ipv6_addresses_apart) {
  exchange_.setAddresses("[2001:db8::1]:1234", "[::1]:443");
  Variables found = variables();
  EXPECT_EQ(found["REMOTE_ADDR"], "2001:db8::1");
  EXPECT_EQ(found["REMOTE_PORT"], "1234");
  EXPECT_EQ(found["SERVER_PORT"], "443");
}

}  // namespace
}  // namespace skiff::testing
